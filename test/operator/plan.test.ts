import { describe, expect, it } from 'vitest';
import { specOf } from '../../operator/cluster/observed.ts';
import { plan } from '../../operator/cluster/plan.ts';
import { cacheCluster, carryOut, condition, createWorld, edit, find, observedOf, pass, settle, type World } from './world.ts';

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

  it('writes a ServiceMonitor where they are known, follows its labels, and takes it away with the field', () => {
    const world = createWorld(cacheCluster({ metrics: { serviceMonitor: true } }));
    // Not known yet: nothing is said or done too early.
    settle(world);
    expect(ids(world)).not.toContain('ServiceMonitor/demo-metrics');
    expect(condition(world, 'ConfigurationWarning')).toMatchObject({ status: 'False' });
    world.monitorsThere = false;
    settle(world);
    expect(condition(world, 'ConfigurationWarning')).toMatchObject({ status: 'True', reason: 'NoServiceMonitors' });
    expect(condition(world, 'Ready')).toMatchObject({ status: 'True' });
    world.monitorsThere = true;
    settle(world);
    expect(condition(world, 'ConfigurationWarning')).toMatchObject({ status: 'False' });
    expect(find(world, 'ServiceMonitor', 'demo-metrics').metadata.ownerReferences).toHaveLength(1);
    edit(world, { metrics: { serviceMonitor: true, serviceMonitorLabels: { release: 'prometheus' } } });
    settle(world);
    expect(find(world, 'ServiceMonitor', 'demo-metrics').metadata.labels).toMatchObject({ release: 'prometheus', 'meridiancache.io/cluster': 'demo' });
    edit(world, { metrics: { serviceMonitor: false } });
    settle(world);
    expect(ids(world)).not.toContain('ServiceMonitor/demo-metrics');
  });

  it('leaves a ServiceMonitor alone that is not its own', () => {
    const world = createWorld(cacheCluster({ metrics: { serviceMonitor: true } }));
    world.monitorsThere = true;
    world.objects.set('ServiceMonitor/demo-metrics', { apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', metadata: { name: 'demo-metrics', namespace: 'apps', uid: 'theirs' }, spec: {} });
    settle(world);
    expect(condition(world, 'Stalled')).toMatchObject({ status: 'True', reason: 'ForeignObject' });
    edit(world, { metrics: { serviceMonitor: false } });
    settle(world);
    expect(find(world, 'ServiceMonitor', 'demo-metrics').metadata.uid).toBe('theirs');
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
