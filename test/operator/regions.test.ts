import { describe, expect, it } from 'vitest';
import { labels } from '../../shared/kube/names.ts';
import { specOf } from '../../operator/cluster/observed.ts';
import { plan } from '../../operator/cluster/plan.ts';
import { cacheCluster, condition, createWorld, edit, find, observedOf, pass, runPods, settle, type World } from './world.ts';

const three = { shards: 2, regions: [{ name: 'east' }, { name: 'west' }, { name: 'south' }] };
const ids = (world: World): string[] => [...world.objects.keys()].toSorted();
const replicasOf = (world: World, set: string): unknown => specOf(find(world, 'StatefulSet', set)).replicas;

describe('regions', () => {
  it('can be added while the others serve', () => {
    const world = createWorld();
    settle(world);
    edit(world, { regions: [{ name: 'east' }, { name: 'west' }] });
    settle(world);
    expect(replicasOf(world, 'demo-west-s0')).toBe(1);
    expect(condition(world, 'Ready').status).toBe('True');
    expect(find(world, 'Role', 'demo-west-node').metadata.labels?.[labels.region]).toBe('west');
  });

  it('are taken down object by object, Leases last, and nothing of them stays', () => {
    const world = createWorld(cacheCluster(three));
    settle(world);
    edit(world, { regions: [{ name: 'east' }] });
    const removed: string[] = [];
    for (let round = 0; round < 40; round += 1) {
      const { actions } = pass(world);
      removed.push(...actions.flatMap((action) => (action.kind === 'delete' ? [`${action.object.metadata.labels?.[labels.region]} ${action.object.kind}`] : [])));
      runPods(world);
    }
    for (const region of ['south', 'west']) expect(removed.lastIndexOf(`${region} StatefulSet`)).toBeLessThan(removed.indexOf(`${region} Lease`));
    expect(ids(world).filter((id) => id.includes('west') || id.includes('south'))).toEqual([]);
    expect(condition(world, 'Ready').status).toBe('True');
    expect(world.cluster.status?.regions).toHaveLength(1);
  });

  it('stay while the regions that are kept do not serve', () => {
    const world = createWorld(cacheCluster({ regions: [{ name: 'east' }, { name: 'west' }] }));
    settle(world);
    edit(world, { regions: [{ name: 'east' }] });
    world.pods = world.pods.filter((pod) => pod.metadata.name !== 'demo-east-s0-0');
    const { actions, waits } = plan(observedOf(world));
    expect(actions.filter((action) => action.kind === 'delete')).toEqual([]);
    expect(waits).toContainEqual(expect.objectContaining({ reason: 'RemovingRegion' }));
  });

  it('stay while what was observed is older than our last write', () => {
    const world = createWorld(cacheCluster({ regions: [{ name: 'east' }, { name: 'west' }] }));
    settle(world);
    edit(world, { regions: [{ name: 'east' }] });
    world.unseenWrites = 1;
    expect(plan(observedOf(world)).actions.filter((action) => action.kind === 'delete')).toEqual([]);
    expect(plan(observedOf(world)).waits).toContainEqual(expect.objectContaining({ reason: 'CachesBehind' }));
    world.unseenWrites = 0;
    expect(plan(observedOf(world)).actions.filter((action) => action.kind === 'delete')).toHaveLength(1);
  });

  it('leave Leases and maps behind with RetainData, which a region of that name takes up again', () => {
    const world = createWorld(cacheCluster({ deletionPolicy: 'RetainData', regions: [{ name: 'east' }, { name: 'west' }] }));
    settle(world);
    edit(world, { regions: [{ name: 'east' }] });
    settle(world);
    expect(ids(world).filter((id) => id.includes('west'))).toEqual(['ConfigMap/demo-west-slots', 'Lease/demo-west-s0']);
    const epoch = specOf(find(world, 'Lease', 'demo-west-s0')).leaseTransitions;
    edit(world, { regions: [{ name: 'east' }, { name: 'west' }] });
    settle(world);
    expect(specOf(find(world, 'Lease', 'demo-west-s0')).leaseTransitions).toBeGreaterThanOrEqual(Number(epoch));
    expect(condition(world, 'Ready').status).toBe('True');
  });
});
