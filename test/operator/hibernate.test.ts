import { afterEach, beforeEach, expect, it } from 'vitest';
import { primaryOf, sealedIn } from '../../operator/actions/execute.ts';
import type { KubeObject } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { driveCluster } from './cluster-driver.ts';
import { startInProcess, type InProcess } from './in-process.ts';

/** Two shards with a copy each in two regions: none of their pods stops before every shard of both regions is on its volume. */
const spec = { shards: 2, replicas: 1, storage: { size: '1Gi' }, regions: [{ name: 'east' }, { name: 'west' }] };

let world: InProcess;
let stopOperator: () => Promise<void>;
beforeEach(async () => {
  world = startInProcess();
  world.nodes.joining.add('apps');
  const operator = world.operator();
  stopOperator = () => operator.stop();
  await cluster().create(spec);
  await world.ports.advance(30_000);
});
afterEach(async () => {
  await stopOperator();
  await world.stop();
});

const cluster = () => driveCluster(world.kube, 'apps');
const inApps = async (type: typeof resourceTypes.pod): Promise<readonly KubeObject[]> => (await world.kube.list(type, { namespace: 'apps' })).items;
const pods = async (): Promise<readonly string[]> => (await inApps(resourceTypes.pod)).map(({ metadata }) => metadata.name);
const replicas = async (): Promise<readonly unknown[]> => (await inApps(resourceTypes.statefulSet)).map((set) => set.spec?.replicas);
const phase = async (): Promise<unknown> => (await cluster().get()).status?.phase;

async function sleep(hibernate = true): Promise<void> {
  await cluster().edit({ hibernate });
  await world.ports.advance(30_000);
}

it('stops no pod before every shard of every region is named by its Lease, then all of them, and wakes where the data are', async () => {
  const early: string[] = [];
  const leases = new Map<string, KubeObject>();
  const stop = world.local.api.context.store.subscribe(({ object }) => {
    if (object.kind === 'Lease') leases.set(object.metadata.name, object);
    if (object.kind === 'StatefulSet' && object.spec?.replicas === 0) early.push(...[...leases.values()].filter((lease) => sealedIn(lease) === undefined).map(({ metadata }) => metadata.name));
  });
  for (const lease of await inApps(resourceTypes.lease)) leases.set(lease.metadata.name, lease);
  expect(await pods()).toHaveLength(8);
  await sleep();
  stop();
  expect(early).toEqual([]);
  expect(await pods()).toEqual([]);
  expect(await replicas()).toEqual([0, 0, 0, 0]);
  expect(await phase()).toBe('Hibernated');
  expect(await cluster().condition('Hibernated')).toMatchObject({ status: 'True', reason: 'Hibernated' });
  expect(await cluster().condition('Reconciling')).toMatchObject({ status: 'False' });
  expect((await inApps(resourceTypes.persistentVolumeClaim)).length).toBe(8);
  const holders = (await inApps(resourceTypes.lease)).map(primaryOf);
  await sleep(false);
  expect(await phase()).toBe('Ready');
  expect((await inApps(resourceTypes.lease)).map(primaryOf)).toEqual(holders);
  expect(await replicas()).toEqual([2, 2, 2, 2]);
  expect(await cluster().condition('Hibernated')).toMatchObject({ status: 'False', reason: 'Awake' });
});

it('stops no pod where one snapshot cannot be kept, says why, and sleeps once it can', async () => {
  world.nodes.faults.set('demo-west-s1-0', 'the volume is full (ENOSPC): 1000 bytes more are needed');
  await sleep();
  expect(await pods()).toHaveLength(8);
  expect(await phase()).toBe('Stalled');
  expect(await cluster().condition('Stalled')).toMatchObject({ status: 'True', reason: 'SnapshotFailed', message: expect.stringContaining('no snapshot of demo-west-s1: the volume is full (ENOSPC)') as string });
  expect(await cluster().condition('Ready')).toMatchObject({ status: 'True' });
  world.nodes.faults.clear();
  await world.ports.advance(60_000);
  expect(await phase()).toBe('Hibernated');
  expect(await pods()).toEqual([]);
});

it('waits for a primary that does not answer, and takes writes again everywhere when it is not to sleep after all', async () => {
  world.nodes.silent.add('demo-east-s1-0');
  await sleep();
  expect(await pods()).toHaveLength(8);
  expect(await cluster().condition('Hibernated')).toMatchObject({ status: 'False', reason: 'Hibernating', message: expect.stringContaining('3 of 4 shards have a complete snapshot') as string });
  await sleep(false);
  expect((await inApps(resourceTypes.lease)).map(sealedIn)).toEqual([undefined, undefined, undefined, undefined]);
  expect(await pods()).toHaveLength(8);
  world.nodes.silent.clear();
  await world.ports.advance(60_000);
  expect(await phase()).toBe('Ready');
});

it('changes nothing else meanwhile: another image and more shards begin when it is awake', async () => {
  await sleep();
  await cluster().edit({ shards: 3, image: 'registry.example/meridian:2.0.0' });
  await world.ports.advance(60_000);
  expect(await phase()).toBe('Hibernated');
  expect(await pods()).toEqual([]);
  await sleep(false);
  await world.ports.advance(240_000);
  const images = (await inApps(resourceTypes.pod)).map((pod) => ((pod.spec?.containers ?? []) as { image: string }[])[0].image);
  expect(images).toEqual(Array.from({ length: 12 }, () => 'registry.example/meridian:2.0.0'));
  expect(await phase()).toBe('Ready');
});
