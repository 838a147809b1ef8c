import { describe, expect, it } from 'vitest';
import { annotations, labels, podName } from '../../shared/kube/names.ts';
import type { NodeStatus } from '../../shared/admin/contract.ts';
import type { Action } from '../../operator/actions/action.ts';
import type { KubeObject } from '../../operator/kube/port.ts';
import { regionOf, shardOf, specOf } from '../../operator/cluster/observed.ts';
import { plan } from '../../operator/cluster/plan.ts';
import { cacheCluster, condition, createWorld, edit, find, observedOf, pass, type World } from './world.ts';

/** What stands in for kubelets and nodes: pods start as their set says, are in sync one step later, and never when their image is broken. */
function live(world: World): void {
  const sets = [...world.objects.values()].filter(({ kind }) => kind === 'StatefulSet');
  world.pods = sets.flatMap((set) => Array.from({ length: Number(specOf(set).replicas) }, (_, index) => podOf(world, set, podName('demo', regionOf(set) ?? '', shardOf(set) ?? 0, index))));
  for (const set of sets) lead(world, set.metadata.name);
  world.reports.clear();
  for (const pod of world.pods.filter(isReady)) world.reports.set(pod.metadata.name, reportOf(world, pod));
}

/** Every node has the newest settings. */
function reportOf(world: World, { metadata }: KubeObject): NodeStatus {
  const region = metadata.labels?.[labels.region] ?? '';
  const { revision = 0 } = JSON.parse(find(world, 'ConfigMap', `demo-${region}-config`).data?.['node.json'] ?? '') as { revision?: number };
  return { formatVersion: 1, pod: metadata.name, podUid: metadata.uid ?? '', incarnation: 'i', version: '1', region, shard: Number(metadata.labels?.[labels.shard]), role: 'replica', epoch: 1, isr: [], slotsOwned: 0, ownershipVersion: 1, keys: 0, memoryUsedBytes: 0, memoryLimitBytes: 1, opsPerSecond: 0, configRevision: String(revision) };
}

let serial = 0;
function podOf(world: World, set: KubeObject, name: string): KubeObject {
  const before = world.pods.find(({ metadata }) => metadata.name === name);
  const template = specOf(set).template as { metadata: KubeObject['metadata']; spec: { containers: { image: string }[] } };
  if (before) return before.status?.containerStatuses ? before : { ...before, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
  const broken = template.spec.containers[0].image.includes('broken');
  const status = broken ? { phase: 'Running', containerStatuses: [{ restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } } }] } : { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name, namespace: 'apps', uid: `pod-${(serial += 1)}`, labels: { ...template.metadata.labels, [labels.clusterUid]: 'uid-demo' } }, spec: template.spec, status };
}

const isReady = (pod: KubeObject): boolean => JSON.stringify(pod.status).includes('"True"');

function lead(world: World, shard: string): void {
  const lease = world.objects.get(`Lease/${shard}`);
  if (!lease) return;
  const isr = world.pods.filter((pod) => pod.metadata.name.startsWith(`${shard}-`) && isReady(pod)).map(({ metadata }) => metadata.name);
  const holder = specOf(lease).holderIdentity as string | undefined;
  const primary = holder !== undefined && isr.includes(holder) ? holder : isr[0];
  const config = JSON.stringify({ formatVersion: 1, isr, incarnations: Object.fromEntries(isr.map((pod) => [pod, 'i'])), nonce: 'n' });
  const epoch = Number(specOf(lease).leaseTransitions) + (primary === holder ? 0 : 1);
  world.objects.set(`Lease/${shard}`, { ...lease, metadata: { ...lease.metadata, annotations: { ...lease.metadata.annotations, [annotations.config]: config } }, spec: { leaseTransitions: epoch, ...(primary === undefined ? {} : { holderIdentity: primary }) } });
}

const imageOf = (pod: KubeObject): string => ((pod.spec?.containers ?? []) as { image: string }[])[0].image.replace('registry.example/meridian:', '');
const images = (world: World): Record<string, string> => Object.fromEntries(world.pods.map((pod) => [pod.metadata.name.replace('demo-', ''), imageOf(pod)]));
const image = (version: string) => ({ image: `registry.example/meridian:${version}` });

interface Told {
  readonly order: readonly string[];
  /** Most shards at once that had not every copy in sync. */
  readonly mostDisturbed: number;
}

/** Passes and steps of the nodes until nothing happens any more. */
function roll(world: World, rounds = 200): Told {
  const order: string[] = [];
  let mostDisturbed = 0;
  let quiet = 0;
  for (let round = 0; round < rounds && quiet < 3; round += 1) {
    const { actions } = pass(world);
    for (const action of actions) if (isRemoval(action)) order.push(`${action.kind} ${action.object.metadata.name.replace('demo-', '')}`);
    const disturbed = new Set(['east', 'west'].flatMap((region) => [0, 1, 2].map((shard) => `demo-${region}-s${shard}`)).filter((shard) => world.objects.has(`StatefulSet/${shard}`) && !isComplete(world, shard)));
    mostDisturbed = Math.max(mostDisturbed, disturbed.size);
    live(world);
    quiet = actions.length === 0 ? quiet + 1 : 0;
    world.nowMs += 1000;
  }
  return { order, mostDisturbed };
}

const isRemoval = (action: Action): action is Extract<Action, { kind: 'evict' | 'delete' | 'switchover' }> => action.kind === 'evict' || action.kind === 'switchover' || (action.kind === 'delete' && action.type.kind === 'Pod');
const isComplete = (world: World, shard: string): boolean => world.pods.filter((pod) => pod.metadata.name.startsWith(`${shard}-`) && isReady(pod)).length >= Number(specOf(find(world, 'StatefulSet', shard)).replicas);

function running(spec: Record<string, unknown>): World {
  const world = createWorld(cacheCluster({ ...image('1'), ...spec }));
  roll(world);
  expect(condition(world, 'Ready').status).toBe('True');
  expect(plan(observedOf(world)).actions).toEqual([]);
  return world;
}

describe('a roll', () => {
  it('replaces replicas first, switches over, and the old primary last, one shard after the other', () => {
    const world = running({ shards: 2, replicas: 2 });
    edit(world, image('2'));
    const { order, mostDisturbed } = roll(world);
    expect(order).toEqual([
      'evict east-s0-2', 'evict east-s0-1', 'switchover east-s0-0', 'evict east-s0-0',
      'evict east-s1-2', 'evict east-s1-1', 'switchover east-s1-0', 'evict east-s1-0',
    ]);
    expect(mostDisturbed).toBe(1);
    expect(new Set(Object.values(images(world)))).toEqual(new Set(['2']));
    expect(condition(world, 'RollingOut').status).toBe('False');
    expect(world.cluster.status).toMatchObject({ versions: image('2'), phase: 'Ready' });
  });

  it('goes region by region, with as many shards at a time as the spec allows', () => {
    const world = running({ shards: 3, replicas: 1, regions: [{ name: 'east' }, { name: 'west' }], rollout: { maxUnavailableShards: 2 } });
    edit(world, image('2'));
    const { order, mostDisturbed } = roll(world);
    const regions = order.map((one) => one.split(' ')[1].slice(0, 4));
    expect(regions).toEqual([...regions].toSorted());
    expect(mostDisturbed).toBeLessThanOrEqual(2);
    expect(new Set(Object.values(images(world)))).toEqual(new Set(['2']));
  });

  it('of shards with one copy gives each a second one for as long, so that its keys stay', () => {
    const world = running({ shards: 2 });
    const copies = () => (JSON.parse(find(world, 'ConfigMap', 'demo-east-config').data?.['node.json'] ?? '') as { replicas: number }).replicas;
    edit(world, image('2'));
    pass(world);
    // Else the primary would not stream to it.
    expect(copies()).toBe(1);
    const { order, mostDisturbed } = roll(world);
    expect(copies()).toBe(0);
    expect(order).toEqual(['switchover east-s0-0', 'evict east-s0-0', 'switchover east-s0-1', 'switchover east-s1-0', 'evict east-s1-0', 'switchover east-s1-1']);
    expect(mostDisturbed).toBe(1);
    expect(images(world)).toEqual({ 'east-s0-0': '2', 'east-s1-0': '2' });
    expect(condition(world, 'RollingOut').status).toBe('False');
    expect(condition(world, 'Reconciling').status).toBe('False');
  });

  it('of a shard with one copy stops where the second one finds no place, and goes back: the first one serves on', () => {
    const world = running({});
    edit(world, image('broken'));
    roll(world);
    expect(condition(world, 'RollingOut')).toMatchObject({ status: 'True', reason: 'PodNotHealthy' });
    expect(condition(world, 'RollingOut').message).toContain('pod demo-east-s0-1 does not become healthy: CrashLoopBackOff: back-off 40s (a shard without copies gets a second one until its pod is replaced, to keep its keys)');
    expect(images(world)).toMatchObject({ 'east-s0-0': '1' });
    expect(condition(world, 'Ready').status).toBe('True');
    edit(world, image('1'));
    roll(world);
    expect(images(world)).toEqual({ 'east-s0-0': '1' });
    expect(condition(world, 'RollingOut').status).toBe('False');
  });

  it('is not needed for a sentence: a cluster that begins with an image that crashes, or with pods that no machine takes, says so', () => {
    const world = createWorld(cacheCluster({ ...image('broken'), shards: 2 }));
    pass(world);
    roll(world);
    for (const type of ['Ready', 'Progressing']) expect(condition(world, type).message).toContain('; pod demo-east-s0-0 does not become healthy: CrashLoopBackOff: back-off 40s (and 1 more)');
    expect(condition(world, 'Progressing').reason).toBe('PodNotHealthy');
    const crowded = running({ shards: 1 });
    edit(crowded, { replicas: 1 });
    pass(crowded);
    live(crowded);
    const scheduled = { type: 'PodScheduled', status: 'False', message: '0/3 nodes are available: 3 Insufficient memory' };
    crowded.pods = crowded.pods.map((pod) => (isReady(pod) ? pod : { ...pod, status: { phase: 'Pending', conditions: [scheduled] } }));
    pass(crowded);
    expect(condition(crowded, 'Progressing')).toMatchObject({ reason: 'PodNotHealthy', message: '1 of 2 pods are running; pod demo-east-s0-1 does not become healthy: it cannot be scheduled: 0/3 nodes are available: 3 Insufficient memory' });
    expect(condition(crowded, 'Ready').status).toBe('True');
  });

  it('goes back to the image before, wherever it is, when the spec names none any more', () => {
    const world = createWorld(cacheCluster({ shards: 2, replicas: 1 }));
    roll(world);
    const before = images(world);
    edit(world, image('2'));
    roll(world);
    expect(new Set(Object.values(images(world)))).toEqual(new Set(['2']));
    edit(world, { image: undefined });
    roll(world);
    expect(images(world)).toEqual(before);
    edit(world, image('2'));
    for (let round = 0; round < 50 && new Set(Object.values(images(world))).size === 1; round += 1) {
      pass(world);
      live(world);
    }
    expect(new Set(Object.values(images(world))).size).toBe(2);
    edit(world, { image: undefined });
    roll(world);
    expect(images(world)).toEqual(before);
    expect(world.cluster.status).toMatchObject({ versions: { image: 'registry.example/meridian:1.0.0', default: 'registry.example/meridian:1.0.0' } });
  });

  it('leaves alone what the new spec says in the same words, and what an operator with another default image says', () => {
    const world = running({});
    edit(world, { eviction: 'noeviction', minInSync: 1, replicas: 0 });
    expect(roll(world).order).toEqual([]);
  });

  it("goes back to the operator's image when the one of the spec is taken out, after its roll too", () => {
    const world = running({ shards: 1, replicas: 1 });
    edit(world, image('2'));
    roll(world);
    expect(new Set(Object.values(images(world)))).toEqual(new Set(['2']));
    edit(world, { image: undefined });
    roll(world);
    expect(new Set(Object.values(images(world)))).toEqual(new Set(['1.0.0']));
  });

  it('begins with the shard that misses a copy, and waits for it', () => {
    const world = running({ shards: 2, replicas: 1 });
    world.pods = world.pods.map((pod) => (pod.metadata.name === 'demo-east-s1-1' ? { ...pod, status: { phase: 'Running', containerStatuses: [{ state: { running: {} } }], conditions: [{ type: 'Ready', status: 'False' }] } } : pod));
    live(world);
    edit(world, image('2'));
    const { order, mostDisturbed } = roll(world);
    expect(order.slice(0, 3)).toEqual(['delete east-s1-1', 'switchover east-s1-0', 'evict east-s1-0']);
    expect(mostDisturbed).toBe(1);
  });
});

describe('a new pod that does not become healthy', () => {
  it('is where the roll stops; the sentence says why, and everything is served', () => {
    const world = running({ shards: 2, replicas: 1 });
    edit(world, image('broken'));
    const { order } = roll(world);
    expect(order).toEqual(['evict east-s0-1']);
    expect(condition(world, 'RollingOut')).toMatchObject({ status: 'True', reason: 'PodNotHealthy' });
    expect(condition(world, 'RollingOut').message).toContain('pod demo-east-s0-1 does not become healthy: CrashLoopBackOff: back-off 40s');
    expect(condition(world, 'RollingOut').message).toContain('1 of 4 pods are as the spec asks for');
    expect(condition(world, 'Ready').status).toBe('True');
    expect(images(world)).toEqual({ 'east-s0-0': '1', 'east-s0-1': 'broken', 'east-s1-0': '1', 'east-s1-1': '1' });
  });

  it('goes back when the spec goes back, and on when it goes on', () => {
    for (const next of ['1', '3']) {
      const world = running({ shards: 2, replicas: 1 });
      edit(world, image('broken'));
      roll(world);
      edit(world, image(next));
      roll(world);
      expect(new Set(Object.values(images(world)))).toEqual(new Set([next]));
      expect(condition(world, 'RollingOut').status).toBe('False');
    }
  });

  it('in the second region does not keep the first from going back', () => {
    const world = running({ shards: 1, replicas: 1, regions: [{ name: 'east' }, { name: 'west' }] });
    edit(world, image('2'));
    for (let round = 0; round < 200 && images(world)['east-s0-0'] !== '2'; round += 1) {
      pass(world);
      live(world);
    }
    edit(world, image('broken'));
    roll(world);
    edit(world, image('1'));
    roll(world);
    expect(new Set(Object.values(images(world)))).toEqual(new Set(['1']));
  });

  it('of a cluster that never started is replaced when the image is corrected', () => {
    const world = createWorld(cacheCluster({ shards: 2, replicas: 1, ...image('broken') }));
    roll(world);
    expect(condition(world, 'Ready').status).toBe('False');
    edit(world, image('2'));
    roll(world);
    expect(new Set(Object.values(images(world)))).toEqual(new Set(['2']));
    expect(condition(world, 'Ready').status).toBe('True');
  });
});

describe('rollout.paused', () => {
  it('stops the replacement of pods, in the middle too', () => {
    const world = running({ shards: 2, replicas: 1 });
    edit(world, { ...image('2'), rollout: { paused: true } });
    expect(roll(world).order).toEqual([]);
    expect(condition(world, 'RollingOut')).toMatchObject({ status: 'True', reason: 'Paused' });
    edit(world, { rollout: {} });
    pass(world);
    live(world);
    pass(world);
    live(world);
    edit(world, { rollout: { paused: true } });
    const { order } = roll(world);
    expect(order).toEqual([]);
    expect(new Set(Object.values(images(world)))).toEqual(new Set(['1', '2']));
    edit(world, { rollout: {} });
    roll(world);
    expect(new Set(Object.values(images(world)))).toEqual(new Set(['2']));
  });
});

it('an image in the middle of a scale-out reaches every shard', () => {
  const world = running({ shards: 1, replicas: 1 });
  edit(world, { ...image('2'), shards: 2 });
  roll(world);
  expect(new Set(Object.values(images(world)))).toEqual(new Set(['2']));
  expect(Object.keys(images(world))).toHaveLength(4);
});

it('guards read the Lease again: neither the primary nor a shard that misses a copy is disturbed', () => {
  const world = running({ replicas: 1 });
  edit(world, image('2'));
  pass(world);
  live(world);
  const [eviction] = plan(observedOf(world)).actions;
  expect(eviction).toMatchObject({ kind: 'evict', guard: { lease: 'demo-east-s0', notHeldBy: ['demo-east-s0-1'], inSync: ['demo-east-s0-0'] } });
});
