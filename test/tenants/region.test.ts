import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NamespaceSettings } from '../../shared/namespaces/document.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from '../node/region-of-processes.ts';

function settingsFor(name: string, given: Partial<NamespaceSettings> = {}): NamespaceSettings {
  return { name, uid: `uid-${name}`, tenant: 'team', consistency: 'eventual', ttlJitterPercent: 0, slidingExpiry: false, maxValueBytes: 1024 * 1024, quota: {}, trackAccess: false, access: [], ...given };
}

let region: ProcessRegion;
let nodes: NodeProcess[];
let redis: Cluster;
let revision = 0;

/** Puts these namespaces in force on every node. */
async function apply(namespaces: readonly NamespaceSettings[]): Promise<void> {
  revision += 1;
  const document = { formatVersion: 1 as const, revision, namespaces: [...namespaces], retired: [] };
  await Promise.all(nodes.map((node) => eventually(() => node.admin.applyNamespaces(document), (applied) => applied >= revision)));
}

const write = (key: string, ...options: readonly (string | number)[]): Promise<unknown> => redis.call('MERIDIAN.WRITE', key, 'value', 'BYTES', ...options);
const present = async (keys: readonly string[]): Promise<readonly string[]> => {
  const values = await Promise.all(keys.map((key) => redis.get(key)));
  return keys.filter((_, i) => values[i] !== null);
};

beforeAll(async () => {
  region = await startRegion({ shards: 3 });
  nodes = await Promise.all([0, 1, 2].map((shard) => region.start(shard)));
  await Promise.all(nodes.map((node) => eventually(() => node.admin.status(), (status) => status.notServing === undefined)));
  redis = new Cluster(nodes.map((node) => ({ host: '127.0.0.1', port: node.ports.redis })), { clusterRetryStrategy: () => 50, redisOptions: { maxRetriesPerRequest: 20 } });
  redis.on('error', () => undefined);
  await eventually(() => Promise.all(Array.from({ length: 64 }, (_, i) => redis.set(`warm:${i}`, '1'))), () => true);
});

afterAll(async () => {
  redis.disconnect();
  await region.close();
});

describe('a region of three shards', () => {
  const keys = Array.from({ length: 60 }, (_, i) => `app:${i}`);
  beforeEach(async () => {
    await apply([settingsFor('app', { negativeTtlMs: 60_000 }), settingsFor('short', { defaultTtlMs: 60_000, maxTtlMs: 120_000 }), settingsFor('small', { maxValueBytes: 100, quota: { keys: 9 }, eviction: 'noeviction' }), settingsFor('slow', { quota: { opsPerSecond: 30 } }), settingsFor('seen', { trackAccess: true })]);
  });

  it('gives keys the lives of their namespace, over every command', async () => {
    await Promise.all([redis.set('short:1', 'v'), redis.hset('short:2', 'f', 'v'), redis.set('short:3', 'v', 'EX', 7), redis.set('short:4', 'v', 'EX', 9_000), redis.set('other:1', 'v')]);
    const [byDefault, hash, own, long, other] = await Promise.all(['short:1', 'short:2', 'short:3', 'short:4', 'other:1'].map((key) => redis.pttl(key)));
    expect([byDefault > 30_000 && byDefault <= 60_000, hash > 30_000 && hash <= 60_000, own <= 7_000, long > 90_000 && long <= 120_000, other]).toEqual([true, true, true, true, -1]);
  });

  it('knows when keys were created and last read, and how often, where that is tracked', async () => {
    const access = (key: string): Promise<unknown> => redis.call('MERIDIAN.ACCESS', key) as Promise<unknown>;
    const beforeSeconds = Math.floor(Date.now() / 1_000);
    for (const key of ['seen:1', 'app:seen']) await redis.set(key, 'v');
    for (let i = 0; i < 3; i++) for (const key of ['seen:1', 'app:seen']) await redis.get(key);
    const [created, read, count] = (await access('seen:1')) as readonly number[];
    expect([created >= beforeSeconds, read >= created, read <= Math.ceil(Date.now() / 1_000), count]).toEqual([true, true, true, 3]);
    expect([await access('app:seen'), await access('seen:none')]).toEqual([null, null]);
  });

  it('refuses values that are too long, and keys beyond their number over all shards', async () => {
    await expect(redis.set('small:1', 'x'.repeat(101))).rejects.toThrow('ERR string exceeds maximum allowed size (100 bytes)');
    const results = await Promise.allSettled(Array.from({ length: 60 }, (_, i) => redis.set(`small:${i}`, 'v')));
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(9);
    const refused = results.find((result) => result.status === 'rejected');
    expect(String(refused?.reason)).toContain("OOM key quota of namespace 'small' is used up");
    // Parts follow the use: in the end all of it can be used by whoever writes.
    await eventually(async () => (await Promise.allSettled(Array.from({ length: 60 }, (_, i) => redis.set(`small:${i}`, 'v')))).filter(({ status }) => status === 'fulfilled').length, (stored) => stored === 9);
  });

  it('refuses operations beyond the quota, and says when to come again', async () => {
    const results = await Promise.allSettled(Array.from({ length: 400 }, (_, i) => redis.get(`slow:${i}`)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(200);
    expect(String(refused[0].reason)).toMatch(/LIMIT operations quota of namespace 'slow' is used up, retry in \d+ ms/);
    await redis.get('app:1');
  });

  it('deletes by tag, by glob and by what keys depend on, on every shard', async () => {
    await Promise.all(keys.map((key, i) => write(key, 'TAGS', 2, `t${i % 3}`, 'all', ...(i === 0 ? [] : ['DEPENDS', 1, String(i - 1)]))));
    await redis.publish('app:invalidate', 'tag none');
    expect(await present(keys)).toEqual(keys);
    // A chain: what depends on 30 goes, and what depends on that, wherever it lies.
    await redis.del('app:30');
    await eventually(() => present(keys), (left) => left.length === 30);
    expect(await present(keys)).toEqual(keys.slice(0, 30));
    // Deleting what others depend on takes those with it.
    await redis.publish('app:invalidate', 'pattern 1?');
    await eventually(() => present(keys), (left) => left.length === 10);
    await redis.publish('app:invalidate', 'tag all');
    await eventually(() => present(keys), (left) => left.length === 0);
  });

  it('leaves nothing behind that depends on a key deleted right after the first dependency of a namespace, on another shard', async () => {
    const fresh = Array.from({ length: 24 }, (_, i) => `fresh${i}`);
    await apply(fresh.map((name) => settingsFor(name)));
    await Promise.all(fresh.map((name) => redis.set(`${name}:base`, 'v')));
    // Answered before the other shards know of it, the deletion could go unnoticed.
    await Promise.all(fresh.map(async (name) => {
      await write(`${name}:page`, 'DEPENDS', 1, 'base');
      await redis.del(`${name}:base`);
    }));
    await eventually(() => present(fresh.map((name) => `${name}:page`)), (left) => left.length === 0);
  });

  it('goes round in rings of dependencies once', async () => {
    await Promise.all([write('app:a', 'DEPENDS', 1, 'c'), write('app:b', 'DEPENDS', 1, 'a'), write('app:c', 'DEPENDS', 1, 'b'), write('app:d')]);
    await write('app:a', 'DEPENDS', 1, 'c');
    await eventually(() => present(['app:a', 'app:b', 'app:c', 'app:d']), (left) => left.join() === 'app:a,app:d');
  });

  it('lets one caller fill a missing key, and the others have what it brings', async () => {
    const fetch = (client: Redis | Cluster, key: string, ...options: readonly string[]): Promise<unknown> => client.call('MERIDIAN.FETCH', key, ...options) as Promise<unknown>;
    const [, token] = (await fetch(redis, 'app:filled')) as [null, string];
    const waiters = redis.nodes('master').map((node) => node.duplicate());
    const primary = await eventually(() => Promise.all(waiters.map((node) => node.get('app:filled').then(() => node, () => undefined))), (answers) => answers.some((node) => node !== undefined));
    const waiter = primary.find((node) => node !== undefined) as Redis;
    const waiting = fetch(waiter, 'app:filled', 'WAIT', '30000');
    expect(await fetch(redis, 'app:filled', 'WAIT', '0')).toBeNull();
    await expect(redis.call('SET', 'app:filled', 'v', 'FILL', 'f'.repeat(32))).rejects.toThrow('ERR Fill token is not valid any more');
    expect(await redis.call('SET', 'app:filled', 'v', 'EX', '100', 'FILL', token)).toBe('OK');
    expect(await waiting).toBe('v');
    await redis.del('app:filled');
    const [, voided] = (await fetch(redis, 'app:filled')) as [null, string];
    await redis.del('app:filled');
    await expect(redis.call('SET', 'app:filled', 'stale', 'FILL', voided)).rejects.toThrow('ERR Fill token is not valid any more');
    const [, third] = (await fetch(redis, 'app:filled')) as [null, string];
    expect(await fetch(redis, 'app:filled', 'NEGATIVE', third)).toBe('OK');
    expect(await fetch(redis, 'app:filled')).toBeNull();
    await redis.set('app:filled', 'there');
    expect(await fetch(redis, 'app:filled')).toBe('there');
    for (const node of waiters) node.disconnect();
  });
});
