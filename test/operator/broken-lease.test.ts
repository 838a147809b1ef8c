import { describe, expect, it } from 'vitest';
import { annotations } from '../../shared/kube/names.ts';
import type { KubeObject } from '../../operator/kube/port.ts';
import { leaseFault } from '../../operator/cluster/lease-sense.ts';
import { specOf } from '../../operator/cluster/observed.ts';
import { plan } from '../../operator/cluster/plan.ts';
import { cacheCluster, condition, createWorld, find, observedOf, pass, settle, type World } from './world.ts';

const config = { formatVersion: 1, isr: ['demo-east-s0-0'], incarnations: { 'demo-east-s0-0': 'i1' }, nonce: 'n' };

function broken(change: { readonly epoch?: number; readonly holder?: string; readonly config?: unknown }): World {
  const world = createWorld(cacheCluster());
  settle(world);
  const lease = find(world, 'Lease', 'demo-east-s0');
  const text = change.config === undefined ? JSON.stringify(config) : typeof change.config === 'string' ? change.config : JSON.stringify({ ...config, ...(change.config as object) });
  world.objects.set('Lease/demo-east-s0', { ...lease, metadata: { ...lease.metadata, annotations: { ...lease.metadata.annotations, [annotations.config]: text } }, spec: { leaseTransitions: change.epoch ?? 1, holderIdentity: change.holder ?? 'demo-east-s0-0' } });
  return world;
}

const nonsense: readonly (readonly [string, Parameters<typeof broken>[0], string])[] = [
  ['text that is no document', { config: 'nonsense' }, 'is not a configuration of copies'],
  ['a document of another shape', { config: { isr: 'demo-east-s0-0' } }, 'is not a configuration of copies'],
  ['a primary that is not in sync', { holder: 'demo-east-s0-7' }, 'the primary "demo-east-s0-7" is not in sync'],
  ['a copy of another shard', { config: { isr: ['demo-east-s1-0'], incarnations: { 'demo-east-s1-0': 'i' } } }, '"demo-east-s1-0" is no pod of this shard'],
  ['a copy without an incarnation', { config: { incarnations: {} } }, 'in sync without an incarnation'],
  ['a copy twice', { config: { isr: ['demo-east-s0-0', 'demo-east-s0-0'] } }, 'a copy is in sync twice'],
  ['a primary in epoch 0', { epoch: 0 }, 'a primary in epoch 0'],
];

describe('a Lease edited to nonsense', () => {
  it.each(nonsense)('%s: is written anew from what the nodes say, far above every epoch, once', (_, change, words) => {
    const world = broken(change);
    const before = find(world, 'Lease', 'demo-east-s0');
    const [action] = plan(observedOf(world)).actions;
    expect(action).toMatchObject({ kind: 'replace', repairs: expect.stringContaining(words), object: { metadata: { uid: before.metadata.uid, resourceVersion: before.metadata.resourceVersion }, spec: { leaseTransitions: 1001, holderIdentity: 'demo-east-s0-0' } } });
    settle(world);
    const lease = find(world, 'Lease', 'demo-east-s0');
    expect([leaseFault(lease), specOf(lease).leaseTransitions]).toEqual([undefined, 1001]);
  });

  it('stays as it is, and is said, while a pod of the shard does not answer', () => {
    const world = broken({ config: 'nonsense' });
    world.reports.clear();
    const { actions } = pass(world);
    expect(actions.filter((action) => action.kind === 'replace')).toEqual([]);
    expect(condition(world, 'Stalled')).toMatchObject({ status: 'True', reason: 'LeaseNonsense', message: expect.stringContaining('demo-east-s0-0 does not answer') });
  });

  it('does not raise the floor of epochs', () => {
    const world = broken({ epoch: 2_000_000_000, config: 'nonsense' });
    world.reports.clear();
    pass(world);
    expect(world.cluster.status).toMatchObject({ regions: [{ epochFloor: 1 }] });
  });

  it('a Lease of a shard that has never had data makes sense', () => {
    const lease: KubeObject = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'demo-east-s0' }, spec: { leaseTransitions: 0 } };
    expect(leaseFault(lease)).toBeUndefined();
    expect(leaseFault({ ...lease, spec: { leaseTransitions: 3 } })).toContain('is missing');
  });
});
