import { describe, expect, it } from 'vitest';
import type { NodeStatus } from '../../shared/admin/contract.ts';
import { annotations } from '../../shared/kube/names.ts';
import type { Action } from '../../operator/actions/action.ts';
import { specOf } from '../../operator/cluster/observed.ts';
import { plan } from '../../operator/cluster/plan.ts';
import { cacheCluster, carryOut, condition, createWorld, edit, find, observedOf, pass, runPods, settle, type World } from './world.ts';

const pods = (set: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${set}-${index}`);

/** What the nodes would write: this pod leads, those are in sync. */
function writeLease(world: World, shard: string, primary: string, isr: readonly string[]): void {
  const lease = find(world, 'Lease', shard);
  const config = JSON.stringify({ formatVersion: 1, isr, incarnations: Object.fromEntries(isr.map((pod) => [pod, 'i'])), nonce: 'n' });
  const epoch = Number(specOf(lease).leaseTransitions) + 1;
  world.objects.set(`Lease/${shard}`, { ...lease, metadata: { ...lease.metadata, annotations: { ...lease.metadata.annotations, [annotations.config]: config } }, spec: { leaseTransitions: epoch, holderIdentity: primary } });
}

/** A cluster at rest whose copies are all in sync. */
function inSync(spec: Record<string, unknown>, copies: number): World {
  const world = createWorld(cacheCluster(spec));
  settle(world);
  writeLease(world, 'demo-east-s0', 'demo-east-s0-0', pods('demo-east-s0', copies));
  settle(world);
  return world;
}

const actionsOf = (world: World): readonly Action[] => plan(observedOf(world)).actions;
const replicas = (world: World): unknown => specOf(find(world, 'StatefulSet', 'demo-east-s0')).replicas;

describe('Degraded', () => {
  it('is over when every copy is in the in-sync set, and names those that are not', () => {
    const world = inSync({ replicas: 2 }, 3);
    expect(condition(world, 'Degraded')).toMatchObject({ status: 'False', message: '2 of 2 copies are in sync' });
    writeLease(world, 'demo-east-s0', 'demo-east-s0-0', pods('demo-east-s0', 2));
    pass(world);
    expect(condition(world, 'Degraded')).toMatchObject({ status: 'True', reason: 'CopiesNotInSync', message: '1 of 2 copies are not in sync: demo-east-s0-2 has not all data yet' });
    expect(world.cluster.status?.unhealthyShards).toEqual(['demo-east-s0']);
    world.pods = world.pods.filter((pod) => pod.metadata.name !== 'demo-east-s0-2');
    pass(world);
    expect(condition(world, 'Degraded')).toMatchObject({ status: 'True', reason: 'CopiesMissing', message: '1 of 2 copies are not in sync: demo-east-s0-2 is not running' });
  });

  it('says when a primary has no copy left', () => {
    const world = inSync({ replicas: 1 }, 1);
    expect(condition(world, 'Degraded').message).toBe('1 of 1 copies are not in sync: demo-east-s0-1 has not all data yet; a primary of demo-east-s0 that is lost takes its keys with it');
  });

  it('a copy counts wherever the primary is', () => {
    const world = inSync({ replicas: 1 }, 2);
    writeLease(world, 'demo-east-s0', 'demo-east-s0-1', pods('demo-east-s0', 2));
    settle(world);
    expect(condition(world, 'Degraded').status).toBe('False');
  });
});

describe('fewer copies', () => {
  it('go once the primary has been told that they are enough', () => {
    const world = inSync({ replicas: 2 }, 3);
    edit(world, { replicas: 0 });
    const { actions } = pass(world);
    expect(actions.find((action) => action.kind === 'configure')).toMatchObject({ object: { metadata: { name: 'demo-east-s0-0' } }, config: { revision: 2, minInSync: 1 } });
    expect(replicas(world)).toBe(3);
    expect(condition(world, 'Progressing')).toMatchObject({ status: 'True', reason: 'ScalingDown' });
    pass(world);
    expect(replicas(world)).toBe(1);
  });

  it('wait for the primary to hand over to one that stays', () => {
    const world = inSync({ replicas: 2 }, 3);
    writeLease(world, 'demo-east-s0', 'demo-east-s0-2', pods('demo-east-s0', 3));
    edit(world, { replicas: 1 });
    const { actions } = pass(world);
    expect(actions.filter((action) => action.kind === 'switchover')).toMatchObject([{ object: { metadata: { name: 'demo-east-s0-2' } }, to: 'demo-east-s0-0' }]);
    expect(replicas(world)).toBe(3);
    expect(condition(world, 'Progressing').message).toContain('demo-east-s0-2 is the primary of its shard and hands over to demo-east-s0-0');
    settle(world);
    expect(replicas(world)).toBe(2);
    expect(specOf(find(world, 'Lease', 'demo-east-s0')).holderIdentity).toBe('demo-east-s0-0');
  });

  it('stay while none that stays is in sync', () => {
    const world = inSync({ replicas: 1 }, 2);
    writeLease(world, 'demo-east-s0', 'demo-east-s0-1', ['demo-east-s0-1']);
    edit(world, { replicas: 0 });
    settle(world);
    expect(replicas(world)).toBe(2);
    expect(condition(world, 'Progressing').message).toContain('demo-east-s0-1 is the primary of its shard, and no copy that stays is in sync');
  });
});

describe('a pod whose machine is away', () => {
  const away = 'demo-east-s0-2';
  /** The primary has taken it out, the kubelet's last word was ready, and the API server says that it is not. */
  function lose(world: World, name = away): void {
    const stay = pods('demo-east-s0', 3).filter((pod) => pod !== name && world.reports.has(pod));
    writeLease(world, 'demo-east-s0', stay[0], stay);
    world.reports.delete(name);
    const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: new Date(world.nowMs).toISOString() }];
    world.pods = world.pods.map((pod) => (pod.metadata.name === name ? { ...pod, status: { ...pod.status, conditions, containerStatuses: [{ ready: true }] } } : pod));
  }
  const deletions = (world: World) => actionsOf(world).filter((action) => action.kind === 'delete');

  it('is made anew after a minute, guarded by the Lease and without waiting for the machine', () => {
    const world = inSync({ replicas: 2 }, 3);
    lose(world);
    world.nowMs += 59_000;
    expect(deletions(world)).toEqual([]);
    pass(world);
    expect(condition(world, 'Progressing')).toMatchObject({ status: 'True', reason: 'PodLost' });
    world.nowMs += 2_000;
    const pod = world.pods.find(({ metadata }) => metadata.name === away);
    expect(deletions(world)).toMatchObject([{ object: { metadata: { name: away, uid: pod?.metadata.uid } }, irreversible: true, atOnce: true, guard: { lease: 'demo-east-s0', notHeldBy: [away], notInSync: [away] } }]);
    carryOut(world, actionsOf(world));
    runPods(world);
    expect(deletions(world)).toEqual([]);
  });

  it('is made anew when it outlives its deletion', () => {
    const world = inSync({ replicas: 2 }, 3);
    lose(world);
    world.pods = world.pods.map((pod) => (pod.metadata.name === away ? { ...pod, metadata: { ...pod.metadata, deletionTimestamp: new Date(world.nowMs).toISOString() } } : pod));
    world.nowMs += 29_000;
    expect(deletions(world)).toEqual([]);
    world.nowMs += 2_000;
    expect(deletions(world)).toHaveLength(1);
  });

  it('stays while it is in sync, while it answers, while more copies are away, and while its shard has no primary', () => {
    const lost = (): World => {
      const world = inSync({ replicas: 2 }, 3);
      lose(world);
      world.nowMs += 300_000;
      expect(deletions(world)).toHaveLength(1);
      return world;
    };
    const synced = lost();
    writeLease(synced, 'demo-east-s0', 'demo-east-s0-0', pods('demo-east-s0', 3));
    expect(deletions(synced)).toEqual([]);
    const answering = lost();
    answering.reports.set(away, { role: 'waiting' } as NodeStatus);
    expect(deletions(answering)).toEqual([]);
    const two = lost();
    lose(two, 'demo-east-s0-1');
    two.nowMs += 300_000;
    expect(deletions(two)).toEqual([]);
    pass(two);
    expect(condition(two, 'Progressing').message).toContain('2 copies of its shard are missing');
    const leaderless = lost();
    writeLease(leaderless, 'demo-east-s0', 'demo-east-s0-9', ['demo-east-s0-9']);
    expect(deletions(leaderless)).toEqual([]);
  });

  it('stays when it is the only copy, whatever happens', () => {
    const world = inSync({}, 1);
    lose(world, 'demo-east-s0-0');
    writeLease(world, 'demo-east-s0', 'demo-east-s0-0', ['demo-east-s0-0']);
    world.nowMs += 3_600_000;
    expect(deletions(world)).toEqual([]);
  });

  it('stays where its volume could not follow', () => {
    const world = inSync({ replicas: 2, storage: { size: '1Gi' } }, 3);
    lose(world);
    world.nowMs += 300_000;
    expect(deletions(world)).toEqual([]);
    pass(world);
    expect(condition(world, 'Progressing').message).toContain('its volume cannot follow');
  });
});
