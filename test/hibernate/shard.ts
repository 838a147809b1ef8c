import { existsSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { SnapshotStatus } from '../../shared/admin/contract.ts';
import { settingsFor } from '../../node/tenants/test-namespaces.ts';
import type { NamespacesDocument } from '../../shared/namespaces/document.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion, type StartOptions } from '../node/region-of-processes.ts';

/** One shard of real node processes with volumes that outlive them, and clients of it. */
export interface SleepyShard {
  readonly region: ProcessRegion;
  volume(ordinal: number): string;
  snapshotOf(ordinal: number): string;
  start(ordinal: number, options?: StartOptions): Promise<NodeProcess>;
  client(node: NodeProcess): Redis;
  /** The annotation that the nodes keep on the shard's Lease. */
  lease(): { readonly sealed?: string; readonly isr: readonly string[] };
  /** What the operator keeps of namespaces for a cold start. */
  keepNamespaces(revision: number, names: readonly string[], retired?: NamespacesDocument['retired']): NamespacesDocument;
  close(): Promise<void>;
}

export async function startShard(options: { readonly replicas?: number; readonly memoryBytes?: number; readonly emptyAfterMs?: number } = {}): Promise<SleepyShard> {
  const region = await startRegion({ shards: 1, ...options });
  if (options.emptyAfterMs !== undefined) (region.config as { emptyShardAfterMs: number }).emptyShardAfterMs = options.emptyAfterMs;
  const clients: Redis[] = [];
  const volume = (ordinal: number): string => join(region.folder, `volume-${ordinal}`);
  let lives = 0;
  return {
    region,
    volume,
    snapshotOf: (ordinal) => join(volume(ordinal), 'shard.snapshot'),
    start(ordinal, more = {}) {
      mkdirSync(volume(ordinal), { recursive: true });
      return region.start(0, ordinal, { podUid: `uid-${ordinal}-${++lives}`, ...more, env: { MERIDIAN_DATA_DIR: volume(ordinal), ...more.env } });
    },
    client(node) {
      const client = new Redis(node.ports.redis, '127.0.0.1', { retryStrategy: () => null });
      client.on('error', () => undefined);
      clients.push(client);
      return client;
    },
    lease() {
      const { annotations } = region.kube.objects.get(region.leasePath(0))?.metadata ?? {};
      return JSON.parse(annotations?.['meridiancache.io/config'] ?? '{"isr":[]}') as { readonly sealed?: string; readonly isr: readonly string[] };
    },
    keepNamespaces(revision, names, retired = []) {
      const document: NamespacesDocument = { formatVersion: 1, revision, namespaces: names.map((name) => settingsFor(name)), retired };
      region.kube.objects.set('/api/v1/namespaces/default/configmaps/quick-eu-namespaces', { metadata: { name: 'kept', uid: 'u', resourceVersion: String(revision) }, data: { 'namespaces.json': JSON.stringify({ ...document, part: 0, of: 1 }) } });
      return document;
    },
    async close() {
      for (const client of clients) client.disconnect();
      await region.close();
    },
  };
}

export const serves = (node: NodeProcess) => eventually(() => node.admin.status(), ({ role, notServing }) => role === 'primary' && notServing === undefined);

/** Asks as the operator does, until the primary says that its snapshot is complete. */
export async function hibernated(node: NodeProcess): Promise<SnapshotStatus> {
  return await eventually(async () => (await node.admin.hibernate(true)) as SnapshotStatus, ({ phase }) => phase === 'complete');
}

export async function thawed(node: NodeProcess): Promise<void> {
  await eventually(async () => (await node.admin.hibernate(false)) === undefined, Boolean);
}

/** The pod that leads, of those that run. */
export async function primaryOf(nodes: readonly NodeProcess[]): Promise<number> {
  return await eventually(async () => (await Promise.all(nodes.map((node) => node.admin.status()))).findIndex(({ role, notServing }) => role === 'primary' && notServing === undefined), (index) => index >= 0);
}

export const exists = (path: string): boolean => existsSync(path);

/** Everything that clients can see of a key. */
export async function seen(client: Redis, key: string): Promise<unknown> {
  return [await client.type(key), await client.call('PEXPIRETIME', key), (await client.dumpBuffer(key))?.toString('base64'), await client.object('ENCODING', key)];
}

/** Keys of every type, small and in parts, with and without an end. */
export async function fill(client: Redis): Promise<readonly string[]> {
  const inAnHour = Date.now() + 3_600_000;
  await client.set('text', 'value');
  await client.set('number', 12);
  await client.set('brief', 'x', 'PXAT', inAnHour);
  await client.set('bytes', Buffer.from([0, 255, 13, 10]));
  await client.set('long', 'l'.repeat(700_000));
  await client.rpush('list', 'a', 'b', 'c');
  await client.rpush('longList', ...Array.from({ length: 3_000 }, (_, i) => `element ${i}`));
  await client.sadd('set', 'a', 'b');
  await client.sadd('integers', 1, 2, 3);
  await client.sadd('longSet', ...Array.from({ length: 3_000 }, (_, i) => `member ${i}`));
  await client.zadd('zset', 1.5, 'a', 2, 'b');
  await client.zadd('longZset', ...Array.from({ length: 3_000 }, (_, i) => [i / 3, `member ${i}`]).flat());
  await client.hset('hash', 'field', 'value');
  await client.hset('longHash', Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`field ${i}`, `value ${i}`])));
  await client.pexpireat('longHash', inAnHour);
  await client.setbit('bits', 12_345, 1);
  await client.pfadd('visitors', 'a', 'b', 'c');
  for (let i = 0; i < 2_000; i++) void client.set(`many:${i}`, `value ${i}`, 'PXAT', inAnHour + i);
  await client.ping();
  return ['text', 'number', 'brief', 'bytes', 'long', 'list', 'longList', 'set', 'integers', 'longSet', 'zset', 'longZset', 'hash', 'longHash', 'bits', 'visitors', 'many:0', 'many:1999'];
}
