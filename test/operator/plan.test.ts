import { describe, expect, it } from 'vitest';
import { annotations, labels } from '../../shared/kube/names.ts';
import type { KubeObject } from '../../operator/kube/port.ts';
import { specOf } from '../../operator/cluster/observed.ts';
import { plan } from '../../operator/cluster/plan.ts';
import { cacheCluster, carryOut, condition, createWorld, edit, find, observedOf, pass, runPods, settle, type World } from './world.ts';

const three = { shards: 2, regions: [{ name: 'east' }, { name: 'west' }, { name: 'south' }] };
const ids = (world: World): string[] => [...world.objects.keys()].toSorted();
const replicasOf = (world: World, set: string): unknown => specOf(find(world, 'StatefulSet', set)).replicas;

describe('a first creation', () => {
  it('makes every object in one pass, Leases and maps before the pods that need them', () => {
    const world = createWorld(cacheCluster(three));
    const { actions } = plan(observedOf(world));
    const kinds = actions.map((action) => (action.kind === 'create-secret' ? 'Secret' : action.object.kind));
    expect(kinds.lastIndexOf('Lease')).toBeLessThan(kinds.indexOf('StatefulSet'));
    expect(kinds.lastIndexOf('Secret')).toBeLessThan(kinds.indexOf('StatefulSet'));
    expect(kinds.filter((kind) => kind === 'StatefulSet')).toHaveLength(6);
    expect(kinds.filter((kind) => kind === 'PodDisruptionBudget')).toHaveLength(6);
    carryOut(world, actions);
    expect(ids(world)).toMatchSnapshot();
  });

  it('posts Leases and maps instead of applying them', () => {
    const { actions } = plan(observedOf(createWorld()));
    const posted = actions.flatMap((action) => (action.kind === 'create' ? [action.object.kind + '/' + action.object.metadata.name] : []));
    expect(posted).toEqual(['ConfigMap/demo-east-slots', 'Lease/demo-east-s0']);
  });

  it('comes to rest Ready, and then does nothing', () => {
    const world = createWorld(cacheCluster(three));
    settle(world);
    expect(condition(world, 'Ready')).toMatchObject({ status: 'True', reason: 'Serving' });
    expect(condition(world, 'Reconciling').status).toBe('False');
    expect(condition(world, 'Progressing').status).toBe('False');
    expect(condition(world, 'Degraded').status).toBe('False');
    expect(world.cluster.status).toMatchObject({ observedGeneration: 1, phase: 'Ready', desiredShards: 2, shards: 2, versions: { image: 'registry.example/meridian:1.0.0' } });
    expect(world.cluster.status?.selector).toBe('meridiancache.io/cluster=demo,meridiancache.io/region=east,apps.kubernetes.io/pod-index=0');
    expect(plan(observedOf(world)).actions).toEqual([]);
  });

  it('says Reconciling and not Ready before anything is there', () => {
    const world = createWorld();
    pass(world);
    expect(condition(world, 'Ready').status).toBe('False');
    expect(condition(world, 'Reconciling').status).toBe('True');
    expect(condition(world, 'Degraded').status).toBe('False');
  });

  it('is pure: the same observation gives the same plan', () => {
    const observed = observedOf(createWorld(cacheCluster(three)));
    expect(JSON.stringify(plan(observed))).toBe(JSON.stringify(plan(structuredClone({ ...observed }))));
  });
});

describe('copies', () => {
  it('are started, and Degraded says that they hold no data', () => {
    const world = createWorld(cacheCluster({ replicas: 1 }));
    settle(world);
    expect(replicasOf(world, 'demo-east-s0')).toBe(2);
    expect(condition(world, 'Ready').status).toBe('True');
    expect(condition(world, 'Degraded')).toMatchObject({ status: 'True', reason: 'CopiesNotInSync' });
    expect(condition(world, 'Degraded').message).toContain('demo-east-s0-1 has not all data yet');
  });

  it('can be added and taken away, one shard a pass', () => {
    const world = createWorld(cacheCluster({ shards: 2 }));
    settle(world);
    edit(world, { replicas: 2 });
    settle(world);
    expect([replicasOf(world, 'demo-east-s0'), replicasOf(world, 'demo-east-s1')]).toEqual([3, 3]);
    edit(world, { replicas: 0 });
    pass(world);
    pass(world);
    expect([replicasOf(world, 'demo-east-s0'), replicasOf(world, 'demo-east-s1')].toSorted()).toEqual([1, 3]);
    settle(world);
    expect([replicasOf(world, 'demo-east-s0'), replicasOf(world, 'demo-east-s1')]).toEqual([1, 1]);
  });

  it('follow what a region says for itself', () => {
    const world = createWorld(cacheCluster({ regions: [{ name: 'east' }, { name: 'west', replicas: 2 }] }));
    settle(world);
    expect([replicasOf(world, 'demo-east-s0'), replicasOf(world, 'demo-west-s0')]).toEqual([1, 3]);
  });
});

describe('drift', () => {
  const change = (world: World, kind: string, name: string, with_: (object: KubeObject) => KubeObject): void => void world.objects.set(`${kind}/${name}`, with_(structuredClone(find(world, kind, name))));

  it('of every applied object is repaired; a deleted one comes back', () => {
    const world = createWorld(cacheCluster(three));
    settle(world);
    const applied = [...world.objects.values()].filter((object) => object.metadata.annotations?.[annotations.appliedHash] !== undefined);
    expect(new Set(applied.map((object) => object.kind))).toEqual(new Set(['Service', 'NetworkPolicy', 'ServiceAccount', 'Role', 'RoleBinding', 'ConfigMap', 'PodDisruptionBudget', 'StatefulSet']));
    for (const object of applied) {
      const id = `${object.kind}/${object.metadata.name}`;
      world.objects.delete(id);
      settle(world);
      expect(world.objects.has(id), id).toBe(true);
      const { [labels.region]: _, ...others } = object.metadata.labels ?? {};
      change(world, object.kind, object.metadata.name, (one) => ({ ...one, metadata: { ...one.metadata, labels: others } }));
      settle(world);
      expect(find(world, object.kind, object.metadata.name).metadata.labels, id).toHaveProperty([labels.region]);
    }
  });

  it('of what others may add is left alone', () => {
    const world = createWorld();
    settle(world);
    change(world, 'Service', 'demo-east', (service) => ({ ...service, metadata: { ...service.metadata, annotations: { ...service.metadata.annotations, team: 'a' } }, spec: { ...service.spec, clusterIP: '10.0.0.9', sessionAffinity: 'None' } }));
    expect(plan(observedOf(world)).actions).toEqual([]);
  });

  it('of a NetworkPolicy or Role that opens more is repaired', () => {
    const world = createWorld();
    settle(world);
    change(world, 'NetworkPolicy', 'demo-east', (policy) => ({ ...policy, spec: { ...policy.spec, ingress: [...(specOf(policy).ingress as unknown[]), {}] } }));
    change(world, 'Role', 'demo-east-node', (role) => ({ ...role, rules: [...(role.rules as unknown[]), { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] }));
    expect(plan(observedOf(world)).actions.map((action) => action.kind !== 'create-secret' && action.object.kind)).toEqual(['NetworkPolicy', 'Role']);
  });

  it('of quantities is not seen where only their writing differs', () => {
    const world = createWorld(cacheCluster({ resources: { requests: { cpu: '0.5' } } }));
    settle(world);
    change(world, 'StatefulSet', 'demo-east-s0', (set) => JSON.parse(JSON.stringify(set).replaceAll('"0.5"', '"500m"')) as KubeObject);
    expect(plan(observedOf(world)).actions).toEqual([]);
  });

  it('of a Lease or map is never repaired', () => {
    const world = createWorld();
    settle(world);
    change(world, 'Lease', 'demo-east-s0', (lease) => ({ ...lease, spec: { leaseTransitions: 99, holderIdentity: 'demo-east-s0-0' } }));
    change(world, 'ConfigMap', 'demo-east-slots', (map) => ({ ...map, data: { 'map.json': 'nonsense' } }));
    expect(plan(observedOf(world)).actions.filter((action) => action.kind === 'create' || action.kind === 'replace')).toEqual([]);
  });

  it('of scale by hand is repaired', () => {
    const world = createWorld();
    settle(world);
    change(world, 'StatefulSet', 'demo-east-s0', (set) => ({ ...set, spec: { ...set.spec, replicas: 0 } }));
    settle(world);
    expect(replicasOf(world, 'demo-east-s0')).toBe(1);
  });
});

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

describe('changes of what runs', () => {
  it('memory: grows in place, and nodes are told no more than their containers have room for', () => {
    const world = createWorld();
    settle(world);
    const told = () => (JSON.parse(find(world, 'ConfigMap', 'demo-east-config').data?.['node.json'] ?? '') as { memoryBytes: number }).memoryBytes;
    const [{ metadata }] = world.pods;
    edit(world, { memory: '256Mi' });
    pass(world);
    expect(told()).toBe(128 * 2 ** 20);
    settle(world);
    expect(told()).toBe(256 * 2 ** 20);
    edit(world, { memory: '64Mi' });
    pass(world);
    expect(told()).toBe(64 * 2 ** 20);
    settle(world);
    expect(JSON.stringify(world.pods[0].spec)).toContain(String((160 + 1.25 * 256) * 2 ** 20));
    expect(world.pods[0].metadata.uid).toBe(metadata.uid);
    expect(condition(world, 'RollingOut').status).toBe('False');
  });

  it('the default image is recorded once: a new operator changes nothing', () => {
    const world = createWorld();
    settle(world);
    const newer = { ...observedOf(world), settings: { ...observedOf(world).settings, defaultImage: 'registry.example/meridian:9.9.9' } };
    expect(plan(newer).actions).toEqual([]);
    expect(plan({ ...newer, cluster: { ...newer.cluster, status: undefined } }).roll).toBeUndefined();
  });
});

describe('objects of others', () => {
  it('under a name of ours are never adopted: Stalled says which', () => {
    const world = createWorld();
    world.objects.set('Service/demo-east', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'demo-east', namespace: 'apps', uid: 'other' }, spec: {} });
    settle(world);
    expect(find(world, 'Service', 'demo-east')).toEqual({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'demo-east', namespace: 'apps', uid: 'other' }, spec: {} });
    expect(condition(world, 'Stalled')).toMatchObject({ status: 'True', reason: 'ForeignObject' });
    expect(condition(world, 'Stalled').message).toContain('Service demo-east');
    expect(condition(world, 'Reconciling').status).toBe('False');
    expect(ids(world).filter((id) => id.startsWith('StatefulSet'))).toEqual([]);
    world.objects.delete('Service/demo-east');
    settle(world);
    expect(condition(world, 'Stalled').status).toBe('False');
    expect(condition(world, 'Ready').status).toBe('True');
  });

  it('of another CacheCluster whose derived names collide', () => {
    const world = createWorld();
    world.objects.set('Service/demo-east', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'demo-east', namespace: 'apps', uid: 'x', labels: { [labels.cluster]: 'dem', [labels.clusterUid]: 'other' } } });
    settle(world);
    expect(condition(world, 'Stalled')).toMatchObject({ status: 'True', reason: 'NameCollision' });
  });

  it('that a deleted cluster of this name leaves to garbage collection are waited for', () => {
    const world = createWorld();
    const ownerReferences = [{ apiVersion: 'meridiancache.io/v1alpha1', kind: 'CacheCluster', name: 'demo', uid: 'old' }];
    world.objects.set('Service/demo-east', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'demo-east', namespace: 'apps', uid: 'x', ownerReferences, labels: { [labels.cluster]: 'demo', [labels.clusterUid]: 'old' } } });
    pass(world);
    expect(condition(world, 'Stalled').status).toBe('False');
    expect(condition(world, 'Progressing')).toMatchObject({ status: 'True', reason: 'WaitingForDeletion' });
  });
});

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

describe('secrets', () => {
  it('are made once; one that pods use is never made anew', () => {
    const world = createWorld();
    settle(world);
    world.objects.delete('Secret/demo-bus');
    settle(world);
    expect(world.objects.has('Secret/demo-bus')).toBe(false);
    expect(condition(world, 'Stalled')).toMatchObject({ status: 'True', reason: 'SecretMissing' });
  });

  it('of users: none without auth, the users\' own where the spec names one', () => {
    const off = createWorld(cacheCluster({ auth: { enabled: false } }));
    settle(off);
    expect(ids(off)).not.toContain('Secret/demo-auth');
    const own = createWorld(cacheCluster({ auth: { usersSecretRef: { name: 'people' } } }));
    settle(own);
    expect(condition(own, 'Stalled')).toMatchObject({ reason: 'SecretMissing' });
    own.objects.set('Secret/people', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'people', uid: 'p' } });
    settle(own);
    expect(condition(own, 'Ready').status).toBe('True');
    expect(ids(own)).not.toContain('Secret/demo-auth');
  });
});

describe('deletion, adoption, pause', () => {
  it('a deleted cluster plans nothing: owners take everything along', () => {
    const world = createWorld();
    settle(world);
    world.cluster = { ...world.cluster, metadata: { ...world.cluster.metadata, deletionTimestamp: '2026-11-21T06:00:00Z' } };
    expect(plan(observedOf(world)).actions).toEqual([]);
    expect([...world.objects.values()].filter((object) => (object.metadata.ownerReferences ?? []).length === 0)).toEqual([]);
  });

  it('RetainData: Leases, maps and the auth Secret have no owner; the change back gives them one', () => {
    const world = createWorld();
    settle(world);
    edit(world, { deletionPolicy: 'RetainData' });
    settle(world);
    const kept = () => [...world.objects.values()].filter((object) => (object.metadata.ownerReferences ?? []).length === 0).map((object) => `${object.kind}/${object.metadata.name}`).toSorted();
    expect(kept()).toEqual(['ConfigMap/demo-east-slots', 'Lease/demo-east-s0', 'Secret/demo-auth']);
    expect(specOf(find(world, 'StatefulSet', 'demo-east-s0')).persistentVolumeClaimRetentionPolicy).toEqual({ whenScaled: 'Retain', whenDeleted: 'Retain' });
    edit(world, { deletionPolicy: 'Delete' });
    settle(world);
    expect(kept()).toEqual([]);
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

describe('status', () => {
  it('tells a lost primary as Degraded, and not the first start', () => {
    const world = createWorld();
    settle(world);
    world.pods = [];
    pass(world);
    expect(condition(world, 'Ready')).toMatchObject({ status: 'False', reason: 'ShardsWithoutPrimary' });
    expect(condition(world, 'Degraded')).toMatchObject({ status: 'True', reason: 'ShardsUnserved' });
    expect(world.cluster.status?.unhealthyShards).toEqual(['demo-east-s0']);
    pass(world);
    expect(condition(world, 'Degraded').status).toBe('True');
  });

  it('keeps the time of a condition that stays as it is', () => {
    const world = createWorld();
    settle(world);
    const before = JSON.stringify(world.cluster.status);
    world.nowMs += 3_600_000;
    pass(world);
    expect(JSON.stringify(world.cluster.status)).toBe(before);
  });

  it('says what the API server refuses, and tries it again', () => {
    const world = createWorld();
    world.refusal = 'statefulsets "demo-east-s0" is forbidden: exceeded quota';
    const { actions } = pass(world);
    expect(actions.length).toBeGreaterThan(5);
    expect(condition(world, 'Stalled')).toMatchObject({ reason: 'Refused', message: world.refusal });
  });

  it('warns of fields that have no effect yet', () => {
    const world = createWorld(cacheCluster({ storage: { size: '1Gi' }, hibernate: true }));
    settle(world);
    expect(condition(world, 'ConfigurationWarning')).toMatchObject({ status: 'True' });
    expect(condition(world, 'ConfigurationWarning').message).toContain('spec.hibernate');
  });

  it('a spec that the schema does not know is Stalled and changes nothing', () => {
    const world = createWorld();
    settle(world);
    edit(world, { regions: 'east' });
    pass(world);
    expect(condition(world, 'Stalled')).toMatchObject({ reason: 'InvalidSpec' });
    expect(plan(observedOf(world)).actions).toEqual([]);
  });
});

describe('settings that change in running nodes', () => {
  it('reach the file under a new revision, and every node that has said that it is behind', () => {
    const world = createWorld(cacheCluster({ shards: 2 }));
    settle(world);
    const document = () => JSON.parse(find(world, 'ConfigMap', 'demo-east-config').data?.['node.json'] ?? '') as { revision?: number; eviction: string };
    expect(document().revision).toBeUndefined();
    const uids = world.pods.map(({ metadata }) => metadata.uid);
    edit(world, { eviction: 'noeviction' });
    const { actions } = pass(world);
    expect(actions.filter(({ kind }) => kind === 'configure')).toMatchObject([0, 1].map((shard) => ({ object: { metadata: { name: `demo-east-s${shard}-0` } }, config: { revision: 2, eviction: 'noeviction', minInSync: 1, memoryBytes: 128 * 2 ** 20 } })));
    expect(document()).toMatchObject({ revision: 2, eviction: 'noeviction' });
    settle(world);
    expect([...world.reports.values()].map(({ configRevision }) => configRevision)).toEqual(['2', '2']);
    expect(plan(observedOf(world)).actions).toEqual([]);
    expect(world.pods.map(({ metadata }) => metadata.uid)).toEqual(uids);
    // Another change under the same generation, as when containers have grown, is newer too.
    edit(world, { memory: '256Mi' });
    settle(world);
    expect(document().revision).toBe(3);
  });
});
