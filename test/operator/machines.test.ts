import { describe, expect, it } from 'vitest';
import { annotations } from '../../shared/kube/names.ts';
import type { KubeObject } from '../../operator/kube/port.ts';
import { plan } from '../../operator/cluster/plan.ts';
import { cacheCluster, condition, createWorld, find, observedOf, pass, settle, type World } from './world.ts';

const machine = (name: string, unschedulable = false, more: Partial<KubeObject> = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { unschedulable }, ...more });
const machines = (world: World, ...all: readonly KubeObject[]): void => void (world.machines = new Map(all.map((one) => [one.metadata.name, one])));

/** Pod n of every shard runs on machine n; all are in sync. */
function spread(spec: Record<string, unknown>): World {
  const world = createWorld(cacheCluster(spec));
  settle(world);
  world.pods = world.pods.map((pod) => ({ ...pod, spec: { ...pod.spec, nodeName: `m${pod.metadata.name.slice(-1)}` }, status: { ...pod.status, conditions: [{ type: 'Ready', status: 'True' }] } }));
  for (const [id, lease] of world.objects) {
    if (lease.kind !== 'Lease') continue;
    const isr = world.pods.map(({ metadata }) => metadata.name).filter((name) => name.startsWith(`${lease.metadata.name}-`));
    const config = JSON.stringify({ formatVersion: 1, isr, incarnations: Object.fromEntries(isr.map((pod) => [pod, 'i1'])), nonce: 'n' });
    world.objects.set(id, { ...lease, metadata: { ...lease.metadata, annotations: { ...lease.metadata.annotations, [annotations.config]: config } } });
  }
  return world;
}

const handovers = (world: World): string[] => plan(observedOf(world)).actions.flatMap((action) => (action.kind === 'switchover' ? [`${action.object.metadata.name} ${action.to}`] : []));

describe('a machine that is cordoned', () => {
  it('is left by every primary on it, for a copy in sync on a machine that stays', () => {
    const world = spread({ shards: 2, replicas: 2 });
    machines(world, machine('m0'), machine('m1'), machine('m2'));
    expect(handovers(world)).toEqual([]);
    machines(world, machine('m0', true), machine('m1'), machine('m2'));
    expect(handovers(world)).toEqual(['demo-east-s0-0 demo-east-s0-1', 'demo-east-s1-0 demo-east-s1-1']);
    pass(world);
    expect(condition(world, 'Progressing')).toMatchObject({ status: 'True', reason: 'MachineCordoned' });
    expect(condition(world, 'Progressing').message).toContain('machine m0 is cordoned: demo-east-s0-0 hands over to demo-east-s0-1, and 1 more primaries to others');
    machines(world, machine('m0', true), machine('m1', true), machine('m2'));
    const holder = find(world, 'Lease', 'demo-east-s0').spec?.holderIdentity;
    expect(holder).toBe('demo-east-s0-1');
  });

  it('is not left for another that is cordoned, nor for a copy that lacks data: that is said', () => {
    const world = spread({ replicas: 1 });
    machines(world, machine('m0', true), machine('m1', true), machine('m2'));
    expect(handovers(world)).toEqual([]);
    pass(world);
    expect(condition(world, 'ConfigurationWarning')).toMatchObject({ status: 'True', reason: 'MachineCordoned' });
    expect(condition(world, 'ConfigurationWarning').message).toContain('no copy of its shard is in sync on another machine yet');
    machines(world, machine('m0', true), machine('m1'));
    world.pods = world.pods.map((pod) => (pod.metadata.name.endsWith('-1') ? { ...pod, status: { ...pod.status, conditions: [] } } : pod));
    expect(handovers(world)).toEqual([]);
  });

  it('with the only copy of a shard: that its keys will be lost is said before', () => {
    const world = spread({});
    machines(world, machine('m0', true), machine('m1'));
    pass(world);
    expect(condition(world, 'ConfigurationWarning').message).toContain('machine m0 is cordoned with the primary demo-east-s0-0, and it is the only copy of its shard: its keys are lost when the machine is drained');
  });

  it('is nobody\'s business where machines may not be watched', () => {
    const world = spread({ replicas: 1 });
    expect(handovers(world)).toEqual([]);
    pass(world);
    expect(condition(world, 'ConfigurationWarning').status).toBe('False');
  });
});

it('more copies than machines that can take them are said; selectors, taints and tolerations count', () => {
  const regions = [{ name: 'east', nodeSelector: { zone: 'a' }, tolerations: [{ key: 'cache', operator: 'Exists' }] }];
  const world = spread({ replicas: 1, regions });
  const inZone = (name: string, taints?: unknown, zone = 'a') => machine(name, false, { metadata: { name, labels: { zone } }, spec: { taints } });
  machines(world, inZone('m0'), inZone('m1', undefined, 'b'), inZone('m2', [{ key: 'gpu', effect: 'NoSchedule' }]));
  pass(world);
  expect(condition(world, 'ConfigurationWarning')).toMatchObject({ status: 'True', reason: 'TooFewMachines', message: 'region east asks for 2 pods of each shard, but only 1 machine can take them: copies share machines, and are lost with them' });
  expect(condition(world, 'Ready').status).toBe('True');
  machines(world, inZone('m0'), inZone('m2', [{ key: 'cache', effect: 'NoSchedule' }]));
  pass(world);
  expect(condition(world, 'ConfigurationWarning').status).toBe('False');
});
