import { describe, expect, it } from 'vitest';
import { plan } from '../../operator/cluster/plan.ts';
import { cacheCluster, condition, createWorld, observedOf, pass, settle } from './world.ts';

describe('a missing Lease or map', () => {
  it('is made anew far above every epoch, from what the primary says', () => {
    const world = createWorld(cacheCluster({ replicas: 1 }));
    settle(world);
    world.objects.delete('Lease/demo-east-s0');
    const { actions } = plan(observedOf(world));
    expect(actions).toHaveLength(1);
    expect(actions[0]).toMatchObject({ kind: 'create', object: { spec: { leaseTransitions: 1001, holderIdentity: 'demo-east-s0-0' } } });
  });

  it('is above the floor in status too, when the nodes have seen less', () => {
    const world = createWorld();
    settle(world);
    world.cluster = { ...world.cluster, status: { ...world.cluster.status, regions: [{ name: 'east', epochFloor: 77 }] } };
    world.objects.delete('Lease/demo-east-s0');
    expect(plan(observedOf(world)).actions[0]).toMatchObject({ object: { spec: { leaseTransitions: 1077 } } });
  });

  it('is Stalled while a pod of the shard does not answer', () => {
    const world = createWorld(cacheCluster({ replicas: 1 }));
    settle(world);
    world.objects.delete('Lease/demo-east-s0');
    world.reports.delete('demo-east-s0-1');
    const { actions } = plan(observedOf(world));
    expect(actions).toEqual([]);
    pass(world);
    expect(condition(world, 'Stalled')).toMatchObject({ status: 'True', reason: 'LeaseMissing' });
    expect(condition(world, 'Stalled').message).toContain('demo-east-s0-1');
  });

  it('is not taken for a new shard when no pod is there', () => {
    const world = createWorld();
    settle(world);
    world.objects.delete('Lease/demo-east-s0');
    world.objects.delete('StatefulSet/demo-east-s0');
    world.pods = [];
    world.reports.clear();
    expect(plan(observedOf(world)).actions.filter((action) => action.kind === 'create' || (action.kind === 'apply' && action.object.kind === 'StatefulSet'))).toEqual([]);
  });

  it('a map is made anew only when the primaries own every slot once', () => {
    const world = createWorld(cacheCluster({ shards: 2 }));
    settle(world);
    world.objects.delete('ConfigMap/demo-east-slots');
    expect(plan(observedOf(world)).problems).toContainEqual(expect.objectContaining({ reason: 'MapMissing' }));
    const owned = [{ from: 0, to: 8191, generation: 3 }, { from: 8192, to: 16383, generation: 4 }];
    for (const shard of [0, 1]) {
      const report = world.reports.get(`demo-east-s${shard}-0`);
      if (report) world.reports.set(report.pod, { ...report, ownershipVersion: 12, ownedRanges: [owned[shard]] });
    }
    const [action] = plan(observedOf(world)).actions;
    expect(action).toMatchObject({ kind: 'create', object: { metadata: { name: 'demo-east-slots' } } });
    const map = JSON.parse(action.kind === 'create' ? (action.object.data?.['map.json'] ?? '') : '') as { version: number; ranges: { shard: number; generation: number }[] };
    expect(map.version).toBe(1012);
    expect(map.ranges.map(({ shard, generation }) => [shard, generation])).toEqual([[0, 1003], [1, 1004]]);
  });
});
