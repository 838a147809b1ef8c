import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSteadyLoad, type SteadyLoad } from '../clients/steady-load.ts';
import { clusterManifest, manifestFolder, startLocal, type LocalMode } from '../local/local-mode.ts';
import { makeNextBuild, type NextBuild } from './next-build.ts';

/** Version N and a synthetic N+1 side by side, up and down, under load, as real processes: two shards of two copies in one region. */
const nextImage = 'meridian:next';
const path = '/apis/meridiancache.io/v1alpha1/namespaces/default/cacheclusters/demo';
const folder = manifestFolder({ 'demo.yaml': clusterManifest('demo', { shards: 2, replicas: 1 }) });
let next: NextBuild;
let local: LocalMode;

interface Shown {
  readonly metadata: { readonly name: string; readonly generation: number; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly containers: readonly { readonly image: string }[]; readonly holderIdentity?: string };
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[] };
}

const get = async <T>(url: string): Promise<T> => (await (await fetch(`${local.statusUrl}${url}`)).json()) as T;
const images = async (): Promise<readonly string[]> => (await get<{ items: readonly Shown[] }>('/api/v1/namespaces/default/pods')).items.map(({ spec }) => spec.containers[0].image);
const leases = async (): Promise<readonly Shown[]> => (await get<{ items: readonly Shown[] }>('/apis/coordination.k8s.io/v1/namespaces/default/leases')).items;
const saidByNext = async (): Promise<number> => (await leases()).filter(({ metadata }) => metadata.annotations?.['meridiancache.io/config']?.includes('in the Lease') === true).length;

async function edit(spec: Record<string, unknown>): Promise<void> {
  await fetch(`${local.statusUrl}${path}`, { method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' }, body: JSON.stringify({ spec }) });
}

async function until(what: () => Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 50));
}
const untilCondition = (type: string, reason: string): Promise<void> =>
  until(async () => {
    const { metadata, status } = await get<Shown>(path);
    return status?.observedGeneration === metadata.generation && status.conditions?.find((one) => one.type === type)?.reason === reason;
  });

const startLoad = (): SteadyLoad => startSteadyLoad(local.redisPort, 'mixed');

beforeAll(async () => {
  next = makeNextBuild();
  local = await startLocal([join(folder.path, 'demo.yaml')], { nodes: 4, args: ['--program', `${nextImage}=${next.program}`] });
  await untilCondition('Degraded', 'Complete');
}, 180_000);

afterAll(async () => {
  await local.stop();
  next.remove();
  folder.remove();
});

it('goes from N to N+1, pod by pod, with not one failed operation', async () => {
  const load = startLoad();
  expect(await saidByNext()).toBe(0);
  await edit({ image: nextImage });
  await until(async () => new Set(await images()).size === 2);
  await untilCondition('RollingOut', 'UpToDate');
  await untilCondition('Degraded', 'Complete');
  expect(await load.stop()).toEqual([]);
  expect(await images()).toEqual(Array.from({ length: 4 }, () => nextImage));
  expect(await saidByNext()).toBe(2);
}, 240_000);

it('goes back from N+1 to N with not one failed operation', async () => {
  const load = startLoad();
  await edit({ image: null });
  await until(async () => new Set(await images()).size === 2);
  await untilCondition('RollingOut', 'UpToDate');
  await untilCondition('Degraded', 'Complete');
  expect(await load.stop()).toEqual([]);
  expect(await images()).not.toContain(nextImage);
  expect(await saidByNext()).toBe(0);
}, 240_000);

it('stays half way under load when the roll is paused there', async () => {
  const load = startLoad();
  await edit({ image: nextImage });
  await until(async () => new Set(await images()).size === 2);
  await edit({ rollout: { paused: true } });
  await untilCondition('RollingOut', 'Paused');
  await untilCondition('Degraded', 'Complete');
  expect(new Set(await images()).size).toBe(2);
  await edit({ rollout: null, image: null });
  await untilCondition('RollingOut', 'UpToDate');
  await untilCondition('Degraded', 'Complete');
  expect(await load.stop()).toEqual([]);
}, 240_000);
