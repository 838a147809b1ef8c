import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { settingsFor } from '../../node/tenants/test-namespaces.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from '../node/region-of-processes.ts';

let region: ProcessRegion;
let nodes: NodeProcess[];
const clients: Redis[] = [];

function clientOf(node: NodeProcess): Redis {
  const client = new Redis({ host: '127.0.0.1', port: node.ports.redis, retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

beforeAll(async () => {
  region = await startRegion({ shards: 1, replicas: 1 });
  nodes = await Promise.all([0, 1].map((ordinal) => region.start(0, ordinal)));
  await eventually(() => Promise.all(nodes.map((node) => node.admin.status())), (statuses) => statuses.some(({ role }) => role === 'primary') && statuses.some(({ role }) => role === 'replica') && statuses.every(({ isr }) => isr.length === 2));
});

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await region.close();
});

it('what was flushed or invalidated stays gone after a failover, and tags go on to work', { timeout: 120_000 }, async () => {
  const document = { formatVersion: 1 as const, revision: 1, namespaces: [settingsFor('a', { defaultTtlMs: 3_600_000 }), settingsFor('b')], retired: [] };
  await Promise.all(nodes.map((node) => eventually(() => node.admin.applyNamespaces(document), (revision) => revision >= 1)));
  const statuses = await Promise.all(nodes.map((node) => node.admin.status()));
  const leader = nodes[statuses.findIndex(({ role }) => role === 'primary')];
  const follower = nodes[statuses.findIndex(({ role }) => role === 'replica')];
  const before = clientOf(leader);
  const write = (client: Redis, key: string, tag: string): Promise<unknown> => client.call('MERIDIAN.WRITE', key, 'v', 'BYTES', 'TAGS', '1', tag);
  for (let i = 0; i < 20; i++) {
    await before.set(`b:${i}`, 'v');
    await write(before, `a:${i}`, `tag ${i % 2}`);
  }
  await before.publish('b:invalidate', 'all');
  await eventually(() => before.exists('b:0'), (count) => count === 0);
  await before.set('b:after', 'v');
  await before.publish('a:invalidate', 'tag tag 0');
  // What a reply shows is on both copies (P7).
  await eventually(() => before.dbsize(), (size) => size === 11);
  await leader.stop('SIGKILL');
  await eventually(() => follower.admin.status(), ({ role, notServing }) => role === 'primary' && notServing === undefined);
  const after = clientOf(follower);
  expect(await Promise.all(['b:0', 'b:19', 'a:0', 'a:2'].map((key) => after.get(key)))).toEqual([null, null, null, null]);
  expect(await Promise.all(['b:after', 'a:1'].map((key) => after.get(key)))).toEqual(['v', 'v']);
  expect(await after.pttl('a:1')).toBeGreaterThan(1_000_000);
  await after.publish('a:invalidate', 'tag tag 1');
  await eventually(() => after.dbsize(), (size) => size === 1);
});
