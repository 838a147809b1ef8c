import { describe, expect, it } from 'vitest';
import { annotations, labels } from '../../shared/kube/names.ts';
import { specOf } from '../../operator/cluster/observed.ts';
import { plan } from '../../operator/cluster/plan.ts';
import { createTeller } from '../../operator/cluster/tell.ts';
import { cacheCluster, condition, createWorld, edit, find, observedOf, pass, settle, type World } from './world.ts';

const ids = (world: World): string[] => [...world.objects.keys()].toSorted();

describe('deletion, adoption, pause', () => {
  const deleted = (world: World): void => void (world.cluster = { ...world.cluster, metadata: { ...world.cluster.metadata, deletionTimestamp: new Date(world.nowMs).toISOString() } });
  const unowned = (world: World): string[] => [...world.objects.values()].filter((object) => (object.metadata.ownerReferences ?? []).length === 0).map((object) => `${object.kind}/${object.metadata.name}`).toSorted();
  const claim = (world: World, owned: boolean): void => {
    const { metadata } = find(world, 'StatefulSet', 'demo-east-s0');
    const ownerReferences = owned ? [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: metadata.name, uid: metadata.uid ?? '' }] : undefined;
    world.objects.set('PersistentVolumeClaim/data-demo-east-s0-0', { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data-demo-east-s0-0', namespace: 'apps', uid: 'pvc', labels: metadata.labels, ownerReferences } });
  };
  const retention = (world: World): unknown => specOf(find(world, 'StatefulSet', 'demo-east-s0')).persistentVolumeClaimRetentionPolicy;

  it('a cluster is held before anything of it is made, and goes at once when owners will take everything along', () => {
    const world = createWorld();
    expect(plan(observedOf(world)).actions[0]).toMatchObject({ kind: 'hold' });
    settle(world);
    expect(world.cluster.metadata.finalizers).toEqual(['meridiancache.io/cleanup']);
    deleted(world);
    expect(unowned(world)).toEqual([]);
    expect(plan(observedOf(world)).actions).toMatchObject([{ kind: 'release' }]);
    pass(world);
    expect(plan(observedOf(world)).actions).toEqual([]);
  });

  it('one whose policy changed a moment before its deletion goes once owners are as its last spec says, whichever it says', () => {
    const world = createWorld(cacheCluster({ storage: { size: '1Gi' } }));
    settle(world);
    claim(world, true);
    edit(world, { deletionPolicy: 'RetainData' });
    deleted(world);
    const kinds = (): string[] => pass(world).actions.map(({ kind }) => kind);
    expect(kinds()).toEqual(['patch-metadata', 'patch-metadata', 'patch-metadata', 'retain-claims']);
    expect(retention(world)).toEqual({ whenScaled: 'Retain', whenDeleted: 'Retain' });
    expect(kinds()).toEqual(['patch-metadata']);
    expect(unowned(world)).toEqual(['ConfigMap/demo-east-slots', 'Lease/demo-east-s0', 'PersistentVolumeClaim/data-demo-east-s0-0', 'Secret/demo-auth']);
    expect(kinds()).toEqual(['release']);

    const back = createWorld(cacheCluster({ storage: { size: '1Gi' }, deletionPolicy: 'RetainData' }));
    settle(back);
    claim(back, false);
    edit(back, { deletionPolicy: 'Delete' });
    deleted(back);
    for (let round = 0; round < 3; round += 1) pass(back);
    expect([retention(back), unowned(back)]).toEqual([{ whenScaled: 'Retain', whenDeleted: 'Delete' }, []]);
    expect(back.cluster.metadata.finalizers).toBeUndefined();
  });

  it('one whose StatefulSets do not take their policy in goes after a minute all the same, and that is told', () => {
    const world = createWorld(cacheCluster({ storage: { size: '1Gi' } }));
    settle(world);
    edit(world, { deletionPolicy: 'RetainData' });
    deleted(world);
    pass(world);
    const set = find(world, 'StatefulSet', 'demo-east-s0');
    world.objects.set('StatefulSet/demo-east-s0', { ...set, metadata: { ...set.metadata, generation: 2 } });
    expect(pass(world).waits).toMatchObject([{ reason: 'Deleting' }]);
    expect(condition(world, 'Progressing')).toMatchObject({ status: 'True', reason: 'Deleting' });
    world.nowMs += 61_000;
    const told: string[] = [];
    const observed = observedOf(world);
    const planned = plan(observed);
    expect(planned.actions).toMatchObject([{ kind: 'release' }]);
    createTeller({ record: (_, event) => void told.push(event.reason) }).tell('apps/demo', observed, planned);
    expect(told).toEqual(['DeletionUnsettled']);
  });

  it('waits for its own writes to be seen, for a Lease just made may not be in the caches', () => {
    const world = createWorld();
    settle(world);
    deleted(world);
    world.unseenWrites = 1;
    expect(plan(observedOf(world)).actions).toEqual([]);
  });

  it('RetainData: Leases, maps and the auth Secret have no owner; the change back gives them one', () => {
    const world = createWorld();
    settle(world);
    edit(world, { deletionPolicy: 'RetainData' });
    settle(world);
    expect(unowned(world)).toEqual(['ConfigMap/demo-east-slots', 'Lease/demo-east-s0', 'Secret/demo-auth']);
    expect(specOf(find(world, 'StatefulSet', 'demo-east-s0')).persistentVolumeClaimRetentionPolicy).toEqual({ whenScaled: 'Retain', whenDeleted: 'Retain' });
    edit(world, { deletionPolicy: 'Delete' });
    settle(world);
    expect(unowned(world)).toEqual([]);
  });

  const leftBehind = (): World => {
    const world = createWorld(cacheCluster({ deletionPolicy: 'RetainData', storage: { size: '1Gi' } }));
    settle(world);
    for (const [id, object] of world.objects) if ((object.metadata.ownerReferences ?? []).length > 0) world.objects.delete(id);
    world.objects.set('PersistentVolumeClaim/data-demo-east-s0-0', { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data-demo-east-s0-0', namespace: 'apps', uid: 'pvc', labels: { [labels.cluster]: 'demo', [labels.clusterUid]: 'uid-demo', [labels.region]: 'east', [labels.shard]: '0' } } });
    world.pods = [];
    world.reports.clear();
    world.cluster = cacheCluster({ deletionPolicy: 'RetainData', storage: { size: '1Gi' } }, { uid: 'uid-next' });
    return world;
  };

  it('what an earlier cluster left is foreign without the annotation', () => {
    const world = leftBehind();
    settle(world);
    expect(condition(world, 'Stalled')).toMatchObject({ reason: 'ForeignObject' });
    expect(condition(world, 'Stalled').message).toContain('meridiancache.io/adopt: uid-demo');
    expect(ids(world).filter((id) => id.startsWith('StatefulSet'))).toEqual([]);
  });

  it('and is taken over with it, at higher epochs', () => {
    const world = leftBehind();
    const epoch = Number(specOf(find(world, 'Lease', 'demo-east-s0')).leaseTransitions);
    const password = find(world, 'Secret', 'demo-auth').data?.['default-password'];
    edit(world, {}, { annotations: { [annotations.adopt]: 'uid-demo' } });
    settle(world);
    expect(condition(world, 'Ready').status).toBe('True');
    expect(specOf(find(world, 'Lease', 'demo-east-s0')).leaseTransitions).toBe(epoch + 1000 + 1);
    expect(find(world, 'Secret', 'demo-auth').data?.['default-password']).toBe(password);
    const owners = [...world.objects.values()].map((object) => object.metadata.labels?.[labels.clusterUid]);
    expect(new Set(owners)).toEqual(new Set(['uid-next']));
  });

  it('nothing is made while pods of an earlier cluster of this name are there', () => {
    const world = createWorld();
    settle(world);
    const { pods } = world;
    const next = createWorld(cacheCluster({}, { uid: 'uid-next' }));
    next.pods = pods;
    for (const report of world.reports.values()) next.reports.set(report.pod, report);
    pass(next);
    expect(next.objects.size).toBe(0);
    expect(condition(next, 'Progressing')).toMatchObject({ status: 'True', reason: 'WaitingForDeletion' });
    next.pods = [];
    settle(next);
    expect(condition(next, 'Ready').status).toBe('True');
  });

  it('paused: the status is written and nothing else', () => {
    const world = createWorld(cacheCluster({}, { annotations: { [annotations.reconcile]: 'paused' } }));
    settle(world);
    expect(world.objects.size).toBe(0);
    expect(world.cluster.status).toMatchObject({ phase: 'Paused' });
  });
});
