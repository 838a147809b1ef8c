import { join } from 'node:path';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterManifest, manifestFolder, startLocal, type LocalMode } from '../local/local-mode.ts';

/** A whole cluster of real processes goes to sleep and wakes, as the operator carries it out, with a folder per pod for a volume. */
const folder = manifestFolder({ 'demo.yaml': clusterManifest('demo', { shards: 2, replicas: 1, extra: '  storage: { size: 1Gi }\n' }) });
let local: LocalMode;
const clients: Cluster[] = [];

interface Resource {
  readonly metadata: { readonly generation: number };
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly phase?: string; readonly observedGeneration?: number; readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[] };
}

const path = '/apis/meridiancache.io/v1alpha1/namespaces/default/cacheclusters/demo';
const ask = async <T>(where: string): Promise<T> => (await (await fetch(`${local.statusUrl}${where}`)).json()) as T;

async function setHibernate(hibernate: boolean): Promise<void> {
  await fetch(`${local.statusUrl}${path}`, { method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' }, body: JSON.stringify({ spec: { hibernate } }) });
}

/** Phases on the way to the one that is waited for. */
async function until(phase: string): Promise<{ readonly last: Resource; readonly phases: ReadonlySet<string> }> {
  const phases = new Set<string>();
  for (;;) {
    const last = await ask<Resource>(path);
    const now = last.status?.phase ?? '';
    if (last.status?.observedGeneration === last.metadata.generation) {
      phases.add(now);
      if (now === phase) return { last, phases };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const conditionOf = ({ status }: Resource, type: string) => status?.conditions?.find((condition) => condition.type === type);
const pods = async (): Promise<number> => (await ask<{ readonly items: readonly unknown[] }>('/api/v1/namespaces/default/pods')).items.length;

function connect(): Cluster {
  const [host, port] = local.ready.clusters[0].regions[0].redis[0].split(':');
  const client = new Cluster([{ host, port: Number(port) }], { redisOptions: { maxRetriesPerRequest: 0 } });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

beforeAll(async () => {
  local = await startLocal([join(folder.path, 'demo.yaml')], { nodes: 8 });
}, 60_000);

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await local.stop();
  folder.remove();
});

it('keeps every key while no pod runs, says in which phase it is, and wakes with all of them', { timeout: 180_000 }, async () => {
  await until('Ready');
  const client = connect();
  for (let i = 0; i < 500; i++) await client.set(`key:${i}`, `value ${i}`);
  await client.expire('key:1', 3600);

  await setHibernate(true);
  const asleep = await until('Hibernated');
  expect(await pods()).toBe(0);
  expect(conditionOf(asleep.last, 'Hibernated')).toMatchObject({ status: 'True', reason: 'Hibernated', message: '2 shards are kept on their volumes and no pod runs; spec.hibernate: false brings them back' });
  expect(conditionOf(asleep.last, 'Ready')).toMatchObject({ status: 'False', reason: 'Hibernated' });
  expect(conditionOf(asleep.last, 'Reconciling')).toMatchObject({ status: 'False' });
  expect(conditionOf(asleep.last, 'Stalled')).toMatchObject({ status: 'False' });
  expect(asleep.phases).toContain('Hibernating');
  client.disconnect();

  await setHibernate(false);
  const awake = await until('Ready');
  expect(awake.phases).toContain('Waking');
  expect(conditionOf(awake.last, 'Hibernated')).toMatchObject({ status: 'False', reason: 'Awake' });
  const woken = connect();
  for (let i = 0; i < 500; i++) expect(await woken.get(`key:${i}`)).toBe(`value ${i}`);
  expect(await woken.ttl('key:1')).toBeGreaterThan(3000);
  expect(await woken.set('key:0', 'again')).toBe('OK');
});

it('goes back when it is told to stay awake: writes are taken again, and nothing older ever comes back', { timeout: 180_000 }, async () => {
  const client = connect();
  await client.set('key:2', 'before');
  await setHibernate(true);
  await until('Hibernating');
  await setHibernate(false);
  await until('Ready');
  for (;;) {
    if ((await client.set('key:2', 'after').catch(() => undefined)) === 'OK') break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await setHibernate(true);
  await until('Hibernated');
  await setHibernate(false);
  await until('Ready');
  expect(await connect().get('key:2')).toBe('after');
});
