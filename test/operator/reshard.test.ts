import { describe, expect, it } from 'vitest';
import { annotations } from '../../shared/kube/names.ts';
import { countsOf, ownersOf } from '../../operator/resharding/owners.ts';
import { plan } from '../../operator/cluster/plan.ts';
import { cacheCluster, condition, createWorld, edit, find, mapOf, moveSlots, observedOf, pass, runPods, settle, targetsOf, type World } from './world.ts';

const annotate = (world: World, values: Record<string, string>): void => edit(world, {}, { annotations: { ...world.cluster.metadata.annotations, ...values } });
const manual = { resharding: { approval: 'manual' } };
const sets = (world: World): string[] => [...world.objects.keys()].filter((id) => id.startsWith('StatefulSet')).toSorted();
const owned = (world: World, region = 'east'): number[] => countsOf(ownersOf(mapOf(world, region)?.ranges ?? []), 0);
const planned = (world: World): { hash?: string; slots: number; bytes: number; seconds: number; steps: { kind: string; description: string; slots?: number }[] } => world.cluster.status?.plan as never;
const settled = (spec: Record<string, unknown>): World => {
  const world = createWorld(cacheCluster(spec));
  settle(world);
  return world;
};
const finish = (world: World, ...regions: string[]): void => {
  for (const region of regions.length > 0 ? regions : ['east']) moveSlots(world, region, 16384);
  runPods(world);
  settle(world);
};

describe('scaling out', () => {
  it('starts the new shards first, then says where slots are to go, and is done when the map says so', () => {
    const world = settled({ shards: 3 });
    edit(world, { shards: 4 });
    pass(world);
    expect(sets(world)).toHaveLength(4);
    expect(targetsOf(world, 'east')?.generation).toBe(1);
    expect(condition(world, 'Resharding')).toMatchObject({ status: 'True', reason: 'StartingShards' });
    settle(world);
    expect(condition(world, 'Ready').status).toBe('True');
    expect(targetsOf(world, 'east')).toMatchObject({ generation: 2, wish: { shards: 4 } });
    expect(owned(world)).toEqual([5461, 5461, 5462]);
    expect(condition(world, 'Resharding')).toMatchObject({ status: 'True', reason: 'MovingSlots' });
    expect(condition(world, 'Resharding').message).toContain('4096 slots are still to move');
    expect(planned(world)).toMatchObject({ hash: targetsOf(world, 'east')?.plan, slots: 4096 });
    expect(planned(world).steps.map(({ kind }) => kind)).toEqual(['MoveSlots', 'MoveSlots', 'MoveSlots']);
    moveSlots(world, 'east', 1000);
    settle(world);
    expect(planned(world).slots).toBe(3096);
    finish(world);
    expect(owned(world)).toEqual([4096, 4096, 4096, 4096]);
    expect(condition(world, 'Resharding').status).toBe('False');
    expect(condition(world, 'Reconciling').status).toBe('False');
    expect(world.cluster.status).toMatchObject({ shards: 4, desiredShards: 4 });
    expect(planned(world)).toEqual({ steps: [], slots: 0, bytes: 0, seconds: 0 });
    expect(plan(observedOf(world)).actions).toEqual([]);
  });

  it('goes on, served, while a new shard does not start, and says why', () => {
    const world = settled({ shards: 1 });
    edit(world, { shards: 2 });
    pass(world);
    const pending = { apiVersion: 'v1', kind: 'Pod', metadata: { ...world.pods[0].metadata, name: 'demo-east-s1-0', uid: 'new' }, status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available: insufficient memory' }] } };
    world.pods = [...world.pods, pending];
    pass(world);
    expect(condition(world, 'Resharding').message).toContain('insufficient memory');
    expect(condition(world, 'Ready').status).toBe('True');
    expect(condition(world, 'Degraded').status).toBe('False');
    expect(targetsOf(world, 'east')?.generation).toBe(1);
  });

  it('of shards that there were before begins above every epoch they had', () => {
    const world = settled({ shards: 2 });
    edit(world, { shards: 1 });
    settle(world);
    finish(world);
    expect(sets(world)).toHaveLength(1);
    expect(world.objects.has('Lease/demo-east-s1')).toBe(false);
    edit(world, { shards: 2 });
    pass(world);
    expect(find(world, 'Lease', 'demo-east-s1').spec?.leaseTransitions).toBe(1001);
  });
});

describe('scaling in', () => {
  it('keeps a shard until the map and its nodes say that it owns nothing', () => {
    const world = settled({ shards: 3 });
    edit(world, { shards: 2 });
    settle(world);
    expect(sets(world)).toHaveLength(3);
    expect(world.cluster.status?.shards).toBe(3);
    expect(planned(world).steps.at(-1)?.kind).toBe('RemoveShards');
    moveSlots(world, 'east', 16384);
    // The nodes have not read this map yet.
    pass(world);
    expect(sets(world)).toHaveLength(3);
    expect(condition(world, 'Progressing')).toMatchObject({ status: 'True', reason: 'RemovingShards' });
    runPods(world);
    const report = world.reports.get('demo-east-s2-0');
    if (report) world.reports.set('demo-east-s2-0', { ...report, slotsOwned: 3 });
    pass(world);
    expect(condition(world, 'Progressing').message).toContain('still has 3 slots');
    world.reports.delete('demo-east-s2-0');
    pass(world);
    expect(condition(world, 'Progressing').message).toContain('does not answer');
    expect(sets(world)).toHaveLength(3);
    runPods(world);
    settle(world);
    expect(sets(world)).toHaveLength(2);
    expect(owned(world)).toEqual([8192, 8192]);
    expect([...world.objects.keys()].filter((id) => id.includes('-s2'))).toEqual([]);
    expect(world.cluster.status).toMatchObject({ shards: 2, desiredShards: 2, phase: 'Ready' });
  });

  it('is refused with a number when the rest has not the memory', () => {
    const world = settled({ shards: 3, memory: '128Mi' });
    for (const [pod, report] of world.reports) world.reports.set(pod, { ...report, memoryUsedBytes: 100 * 2 ** 20 });
    edit(world, { shards: 2 });
    pass(world);
    expect(condition(world, 'Resharding')).toMatchObject({ status: 'True', reason: 'NotEnoughMemory' });
    expect(condition(world, 'Resharding').message).toMatch(/shard \d of region east would hold 15\dMi and may hold 128Mi/);
    expect(targetsOf(world, 'east')?.generation).toBe(1);
    expect(condition(world, 'Ready').status).toBe('True');
    edit(world, { memory: '200Mi' });
    pass(world);
    expect(targetsOf(world, 'east')?.generation).toBe(2);
  });
});

describe('approval', () => {
  it('manual: nothing happens before the hash of the very plan is there', () => {
    const world = settled({ shards: 2, ...manual });
    edit(world, { shards: 4 });
    annotate(world, { [annotations.approve]: 'anotherplan' });
    settle(world);
    expect(sets(world)).toHaveLength(2);
    expect(condition(world, 'Resharding')).toMatchObject({ status: 'True', reason: 'WaitingForApproval' });
    expect(condition(world, 'Resharding').message).toContain('the approval of plan anotherplan does nothing');
    expect(planned(world).steps.map(({ kind }) => kind)).toEqual(['StartShards', 'MoveSlots', 'MoveSlots']);
    const hash = planned(world).hash ?? '';
    annotate(world, { [annotations.approve]: hash });
    settle(world);
    expect(sets(world)).toHaveLength(4);
    expect(targetsOf(world, 'east')).toMatchObject({ generation: 2, plan: hash });
    finish(world);
    expect(owned(world)).toEqual([4096, 4096, 4096, 4096]);
  });

  it('covers targets, weights and generation: not memory, bytes or time', () => {
    const world = settled({ shards: 2, ...manual });
    edit(world, { shards: 4 });
    settle(world);
    const { hash } = planned(world);
    edit(world, { memory: '256Mi', eviction: 'noeviction' });
    world.nowMs += 1e9;
    settle(world);
    expect(planned(world).hash).toBe(hash);
    edit(world, { weight: [{ shard: 1, weight: 50 }] });
    settle(world);
    expect(planned(world).hash).not.toBe(hash);
    edit(world, { weight: undefined, shards: 5 });
    settle(world);
    expect(planned(world).hash).not.toBe(hash);
  });

  it('given to several regions survives an operator that dies between two of them', () => {
    const world = settled({ shards: 1, regions: [{ name: 'east' }, { name: 'west' }], ...manual });
    edit(world, { shards: 2 });
    settle(world);
    const hash = planned(world).hash ?? '';
    annotate(world, { [annotations.approve]: hash });
    pass(world);
    runPods(world);
    const west = find(world, 'ConfigMap', 'demo-west-targets');
    settle(world);
    world.objects.set('ConfigMap/demo-west-targets', west);
    expect(targetsOf(world, 'west')?.generation).toBe(1);
    moveSlots(world, 'east', 500);
    settle(world);
    expect(targetsOf(world, 'west')).toMatchObject({ generation: 2, plan: hash });
    finish(world, 'east', 'west');
    expect([owned(world, 'east'), owned(world, 'west')]).toEqual([[8192, 8192], [8192, 8192]]);
  });
});

describe('cancelling', () => {
  it('stops where it is, and stays there until something else is asked for', () => {
    const world = settled({ shards: 3 });
    edit(world, { shards: 4 });
    settle(world);
    moveSlots(world, 'east', 700);
    annotate(world, { [annotations.cancel]: planned(world).hash ?? '' });
    settle(world);
    const now = targetsOf(world, 'east');
    expect(now?.generation).toBe(3);
    expect(countsOf(ownersOf(now?.ranges ?? []), 0)).toEqual(owned(world));
    expect(condition(world, 'Resharding')).toMatchObject({ status: 'False' });
    expect(condition(world, 'Resharding').message).toContain('was cancelled');
    expect(condition(world, 'Ready').status).toBe('True');
    expect(plan(observedOf(world)).actions).toEqual([]);
    annotate(world, { [annotations.rebalance]: '1' });
    settle(world);
    finish(world);
    expect(owned(world)).toEqual([4096, 4096, 4096, 4096]);
  });

  it('when the last batches are ordered already, nothing stays and nothing is said to stay', () => {
    const world = settled({ shards: 3 });
    edit(world, { shards: 4 });
    settle(world);
    moveSlots(world, 'east', 4096);
    const map = find(world, 'ConfigMap', 'demo-east-slots');
    const withMoves = (moves: readonly object[]): void => void world.objects.set('ConfigMap/demo-east-slots', { ...map, data: { 'map.json': JSON.stringify({ ...mapOf(world, 'east'), moves }) } });
    withMoves([{ id: 'last', from: 5000, to: 5063, source: 0, target: 3 }]);
    settle(world);
    expect(condition(world, 'Resharding').reason).toBe('MovingSlots');
    const { hash = '' } = planned(world);
    annotate(world, { [annotations.cancel]: hash });
    settle(world);
    expect(targetsOf(world, 'east')?.cancelled).toBe(hash);
    withMoves([]);
    settle(world);
    expect(condition(world, 'Resharding')).toMatchObject({ status: 'False', message: 'every slot is where spec.shards puts it' });
    expect(owned(world)).toEqual([4096, 4096, 4096, 4096]);
  });

  it('a plan that waits for approval leaves nothing of it', () => {
    const world = settled({ shards: 3, ...manual });
    edit(world, { shards: 4 });
    settle(world);
    const { hash = '' } = planned(world);
    annotate(world, { [annotations.cancel]: hash, [annotations.approve]: hash });
    settle(world);
    expect(sets(world)).toHaveLength(3);
    expect(condition(world, 'Resharding').status).toBe('False');
    // The approval of the cancelled plan is stale for good.
    annotate(world, { [annotations.rebalance]: '1' });
    settle(world);
    expect(condition(world, 'Resharding').reason).toBe('WaitingForApproval');
  });

  it('leaves every region with as many shards, however far each had come, and nothing that says otherwise later', () => {
    for (const [east, west] of [[700, 0], [0, 1900], [3000, 10]] as const) {
      const world = settled({ shards: 3, regions: [{ name: 'east' }, { name: 'west' }] });
      edit(world, { shards: 5 });
      settle(world);
      moveSlots(world, 'east', east);
      moveSlots(world, 'west', west);
      annotate(world, { [annotations.cancel]: planned(world).hash ?? '' });
      settle(world);
      runPods(world);
      settle(world);
      expect(condition(world, 'Ready').status).toBe('True');
      expect(condition(world, 'Resharding').status).toBe('False');
      const named = (region: string): string[] => sets(world).filter((id) => id.includes(`-${region}-`)).map((id) => id.replace(region, ''));
      expect(named('east')).toEqual(named('west'));
      expect(named('east')).toHaveLength(world.cluster.status?.shards as number);
      for (const region of ['east', 'west']) expect(countsOf(ownersOf(targetsOf(world, region)?.ranges ?? []), 0)).toEqual(owned(world, region));
      // The annotation stays with whoever wrote it: it was obeyed, and says nothing of the next plan.
      edit(world, { shards: 4 });
      settle(world);
      expect(condition(world, 'Resharding').message).not.toContain('cancellation');
      finish(world, 'east', 'west');
      expect(condition(world, 'Resharding').status).toBe('False');
      for (const region of ['east', 'west']) expect(owned(world, region)).toEqual([4096, 4096, 4096, 4096]);
    }
  });

  it('of another plan does nothing, and that is said', () => {
    const world = settled({ shards: 3 });
    edit(world, { shards: 4 });
    annotate(world, { [annotations.cancel]: 'another' });
    settle(world);
    expect(condition(world, 'Resharding').message).toContain('the cancellation of plan another does nothing');
    expect(targetsOf(world, 'east')?.cancelled).toBeUndefined();
  });
});

describe('changes in mid-flight', () => {
  it('are planned anew from what is', () => {
    const world = settled({ shards: 3 });
    edit(world, { shards: 6 });
    settle(world);
    moveSlots(world, 'east', 3000);
    const before = ownersOf(mapOf(world, 'east')?.ranges ?? []);
    edit(world, { shards: 4 });
    settle(world);
    const after = ownersOf(targetsOf(world, 'east')?.ranges ?? []);
    const counts = countsOf(before, 6);
    const lacked = [4096, 4096, 4096, 4096].reduce((sum, quota, shard) => sum + Math.max(0, quota - counts[shard]), 0);
    expect(before.reduce((sum, owner, slot) => sum + (owner === after[slot] ? 0 : 1), 0)).toBe(lacked);
    finish(world);
    expect(owned(world)).toEqual([4096, 4096, 4096, 4096]);
    expect(sets(world)).toHaveLength(4);
  });

  it('that contradict each other within a second end as the last one says', () => {
    const world = settled({ shards: 2 });
    for (const shards of [5, 1, 3]) {
      edit(world, { shards });
      pass(world);
    }
    settle(world);
    finish(world);
    expect(countsOf(ownersOf(mapOf(world, 'east')?.ranges ?? []), 0)).toEqual([5462, 5461, 5461]);
    expect(sets(world)).toHaveLength(3);
  });

  it('of the rate alone reach the nodes under a new generation and start nothing', () => {
    const world = settled({ shards: 2 });
    edit(world, { resharding: { approval: 'manual', bytesPerSecond: '10Mi' } });
    settle(world);
    expect(targetsOf(world, 'east')).toMatchObject({ generation: 2, bytesPerSecond: 10 * 2 ** 20 });
    expect(condition(world, 'Resharding').status).toBe('False');
  });

  it('lost targets come back as what is, above what nodes have read, and the change goes on', () => {
    const world = settled({ shards: 3 });
    edit(world, { shards: 4 });
    settle(world);
    moveSlots(world, 'east', 700);
    runPods(world);
    world.objects.delete('ConfigMap/demo-east-targets');
    settle(world);
    expect(targetsOf(world, 'east')?.generation).toBeGreaterThan(2000);
    finish(world);
    expect(owned(world)).toEqual([4096, 4096, 4096, 4096]);
  });
});

describe('a thousand shards', () => {
  it('show 32 steps and the totals of all', () => {
    const world = settled({ shards: 40, ...manual });
    edit(world, { shards: 80 });
    pass(world);
    expect(planned(world).steps).toHaveLength(32);
    expect(planned(world).steps.at(-1)?.kind).toBe('More');
    expect(planned(world).steps.reduce((sum, { slots = 0 }) => sum + slots, 0)).toBe(planned(world).slots);
  });
});

describe('autoscaling', () => {
  const autoscaling = { minShards: 1, maxShards: 4, targetMemoryPercent: 50 };
  const load = (world: World, bytes: number): void => {
    for (const [pod, report] of world.reports) world.reports.set(pod, { ...report, memoryUsedBytes: bytes });
  };

  it('changes the shards in force and never the spec, and says what it went by', () => {
    const world = settled({ shards: 1, autoscaling });
    expect(world.cluster.status?.desiredShards).toBe(1);
    load(world, 100 * 2 ** 20);
    pass(world);
    expect(world.cluster.status).toMatchObject({ desiredShards: 2, autoscaling: { message: '2 shards instead of 1: region east holds 100 MiB, 50% of 128 MiB a shard are aimed at' } });
    expect(world.cluster.spec?.shards).toBe(1);
    expect(condition(world, 'ConfigurationWarning').message).toContain('spec.shards is only the start');
    runPods(world);
    settle(world);
    finish(world);
    expect(owned(world)).toEqual([8192, 8192]);
    expect(world.cluster.status).toMatchObject({ shards: 2, desiredShards: 2 });
  });

  it('follows its bounds when they change, and the spec when it is taken away', () => {
    const world = settled({ shards: 1, autoscaling });
    edit(world, { autoscaling: { ...autoscaling, minShards: 3 } });
    settle(world);
    finish(world);
    expect(world.cluster.status).toMatchObject({ shards: 3, desiredShards: 3 });
    edit(world, { autoscaling: undefined, shards: 2 });
    settle(world);
    finish(world);
    expect(world.cluster.status).toMatchObject({ shards: 2, desiredShards: 2 });
  });
});
