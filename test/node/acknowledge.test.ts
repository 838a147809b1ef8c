import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { settingsFor } from '../../node/tenants/test-namespaces.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from './region-of-processes.ts';
import { primaryInSync } from './strike.ts';

let region: ProcessRegion;
let nodes: NodeProcess[];
const clients: Redis[] = [];

beforeEach(async () => {
  region = await startRegion({ shards: 1, replicas: 1 });
  nodes = await Promise.all([0, 1].map((ordinal) => region.start(0, ordinal)));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await region.close();
});

async function clientsOf(node: NodeProcess, count: number): Promise<Redis[]> {
  const made = Array.from({ length: count }, () => new Redis(node.ports.redis, '127.0.0.1', { retryStrategy: () => null, enableReadyCheck: false }));
  for (const client of made) client.on('error', () => undefined);
  clients.push(...made);
  await Promise.all(made.map((client) => client.ping()));
  return made;
}

/** In the order of their answers, where each is sent before the next in one turn while the copy stands still. */
async function answeredInOrder(keys: readonly string[]): Promise<readonly string[]> {
  const primary = await eventually(() => primaryInSync(region, nodes, 2), (place) => place !== undefined) as number;
  const made = await clientsOf(nodes[primary], keys.length);
  nodes[1 - primary].child.kill('SIGSTOP');
  const order: string[] = [];
  await Promise.all(keys.map((key, i) => made[i].set(key, 'v').then(() => order.push(key))));
  nodes[1 - primary].child.kill('SIGCONT');
  return order;
}

/** What waits for the copy is answered once that is out of sync: at least half a second later. */
it.each([
  ['a cluster whose writes wait for copies', { safe: {}, fast: { acknowledge: 'primary' } }, 'insync'],
  ['a cluster whose writes do not', { safe: { acknowledge: 'insync' }, fast: {} }, 'primary'],
] as const)('P7: `acknowledge` of a namespace decides for its own writes, in %s', { timeout: 120_000 }, async (_what, { safe, fast }, acknowledge) => {
  const document = { formatVersion: 1 as const, revision: 1, namespaces: [settingsFor('safe', safe), settingsFor('fast', fast)], retired: [] };
  for (const node of nodes) {
    await eventually(() => node.admin.applyConfig({ formatVersion: 1, revision: 1, acknowledge }), ({ revision }) => revision >= 1);
    await eventually(() => node.admin.applyNamespaces(document), (revision) => revision >= 1);
  }
  // A client that was held up between two sends proves nothing: then it is done again.
  expect(await eventually(() => answeredInOrder(['safe:{k}', 'fast:{k}']), ([first]) => first === 'fast:{k}')).toEqual(['fast:{k}', 'safe:{k}']);
});
