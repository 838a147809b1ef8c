import { describe, expect, it } from 'vitest';
import { annotations, labels } from '../../shared/kube/names.ts';
import type { KubeObject } from '../../operator/kube/port.ts';
import { specOf } from '../../operator/cluster/observed.ts';
import { plan } from '../../operator/cluster/plan.ts';
import { cacheCluster, condition, createWorld, find, observedOf, pass, settle, type World } from './world.ts';

const three = { shards: 2, regions: [{ name: 'east' }, { name: 'west' }, { name: 'south' }] };
const ids = (world: World): string[] => [...world.objects.keys()].toSorted();
const replicasOf = (world: World, set: string): unknown => specOf(find(world, 'StatefulSet', set)).replicas;

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
