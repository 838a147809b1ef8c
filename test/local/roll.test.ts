import { join } from 'node:path';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keyPerSlotRange } from '../clients/keys.ts';
import { startSteadyLoad, type SteadyLoad } from '../clients/steady-load.ts';
import { clusterManifest, manifestFolder, startLocal, type LocalMode } from './local-mode.ts';

/** Pods are replaced under load, as real processes. */
const folder = manifestFolder({ 'demo.yaml': clusterManifest('demo', { shards: 2, replicas: 1 }), 'alone.yaml': clusterManifest('alone') });
let local: LocalMode;

interface Shown {
  readonly metadata: { readonly name: string; readonly uid: string; readonly generation: number };
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
  readonly status?: { readonly observedGeneration?: number; readonly phase?: string; readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[] };
}

const get = async <T>(path: string): Promise<T> => (await (await fetch(`${local.statusUrl}${path}`)).json()) as T;
const pathOf = (name: string): string => `/apis/meridiancache.io/v1alpha1/namespaces/default/cacheclusters/${name}`;
const path = pathOf('demo');
const pods = async (name = 'demo'): Promise<readonly Shown[]> => (await get<{ items: readonly Shown[] }>(`/api/v1/namespaces/default/pods?labelSelector=meridiancache.io/cluster=${name}`)).items;
const images = async (): Promise<readonly string[]> => (await pods()).map(({ spec }) => spec.containers[0].image).toSorted();

async function edit(spec: Record<string, unknown>, name = 'demo'): Promise<void> {
  await fetch(`${local.statusUrl}${pathOf(name)}`, { method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' }, body: JSON.stringify({ spec }) });
}

/** Looks until a condition of the newest generation is as wanted. */
async function until(type: string, reason: string, name = 'demo'): Promise<string> {
  for (;;) {
    const { metadata, status } = await get<Shown>(pathOf(name));
    const condition = status?.conditions?.find((one) => one.type === type);
    if (status?.observedGeneration === metadata.generation && condition?.reason === reason) return condition.message;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const startLoad = (port = local.redisPort): SteadyLoad => startSteadyLoad(port, 'roll');

beforeAll(async () => {
  local = await startLocal([join(folder.path, 'demo.yaml'), join(folder.path, 'alone.yaml')], { nodes: 6 });
  await until('Degraded', 'Complete');
}, 120_000);

afterAll(async () => {
  await local.stop();
  folder.remove();
});

it('replaces every pod for another image with not one failed operation', async () => {
  const load = startLoad();
  const before = new Set((await pods()).map(({ metadata }) => metadata.uid));
  await edit({ image: 'meridian:next' });
  await until('RollingOut', 'ReplacingPods');
  await until('RollingOut', 'UpToDate');
  expect(await load.stop()).toEqual([]);
  expect(await images()).toEqual(Array.from({ length: 4 }, () => 'meridian:next'));
  expect((await pods()).filter(({ metadata }) => before.has(metadata.uid))).toEqual([]);
}, 180_000);

it('stops at the first pod whose process ends at once, says so, serves on, and goes back', async () => {
  await until('Degraded', 'Complete');
  const load = startLoad();
  await edit({ podTemplate: { env: [{ name: 'NODE_OPTIONS', value: '--no-such-option' }] } });
  expect(await until('RollingOut', 'PodNotHealthy')).toMatch(/stopped: pod demo-us-s\d-\d does not become healthy: .*1 of 4 pods are as the spec asks for/);
  expect((await get<Shown>(path)).status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
  await edit({ podTemplate: null });
  await until('RollingOut', 'UpToDate');
  await until('Degraded', 'Complete');
  expect(await load.stop()).toEqual([]);
}, 180_000);

it('replaces the only pod of a shard with not one failed operation and not one lost key', async () => {
  const port = Number(local.ready.clusters.find(({ name }) => name === 'alone')?.regions[0].redis[0].split(':')[1]);
  const client = new Cluster([{ host: '127.0.0.1', port }]);
  const keys = keyPerSlotRange(200, 'kept');
  for (const key of keys) await client.set(key, key);
  const load = startLoad(port);
  await edit({ image: 'meridian:next' }, 'alone');
  await until('RollingOut', 'ReplacingPods', 'alone');
  await until('RollingOut', 'UpToDate', 'alone');
  await until('Reconciling', 'Settled', 'alone');
  expect(await load.stop()).toEqual([]);
  expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys);
  expect((await pods('alone')).map(({ metadata, spec }) => `${metadata.name} ${spec.containers[0].image}`)).toEqual(['alone-us-s0-0 meridian:next']);
  client.disconnect();
}, 180_000);
