import { Agent, request } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { settingsFor } from '../../node/tenants/test-namespaces.ts';
import type { NamespaceSettings } from '../../shared/namespaces/document.ts';
import { respClient, type RespClient } from '../commands/resp-client.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from '../node/region-of-processes.ts';

let region: ProcessRegion;
let nodes: readonly NodeProcess[];
let leader: NodeProcess;
let follower: NodeProcess;
let revision = 0;
const open: (() => void)[] = [];

beforeAll(async () => {
  region = await startRegion({ shards: 1, replicas: 1 });
  nodes = await Promise.all([0, 1].map((ordinal) => region.start(0, ordinal)));
}, 60_000);
/** On a busy machine a copy may have been out of sync, or have taken over, meanwhile. */
beforeEach(async () => {
  const statuses = await eventually(() => Promise.all(nodes.map((node) => node.admin.status())), (all) => all.some(({ role }) => role === 'primary') && all.some(({ role }) => role === 'replica') && all.every(({ isr }) => isr.length === 2));
  leader = nodes[statuses.findIndex(({ role }) => role === 'primary')];
  follower = nodes[statuses.findIndex(({ role }) => role === 'replica')];
}, 60_000);

afterEach(() => {
  for (const close of open.splice(0)) close();
});
afterAll(() => region.close());

/** A namespace of its own with this quota, on both nodes. */
async function namespaceWith(quota: NamespaceSettings['quota']): Promise<string> {
  revision += 1;
  const name = `n${revision}`;
  const document = { formatVersion: 1 as const, revision, namespaces: [settingsFor(name, { quota })], retired: [] };
  await Promise.all(nodes.map((node) => eventually(() => node.admin.applyNamespaces(document), (applied) => applied >= revision)));
  return name;
}

async function reader(node: NodeProcess): Promise<RespClient> {
  const client = await respClient(node.ports.redis);
  open.push(() => client.close());
  await client.ask('READONLY');
  return client;
}

const isLimited = (reply: unknown): boolean => JSON.stringify(reply).includes('LIMIT ');
const isIn = async (client: RespClient, name: string): Promise<boolean> => {
  const reply = JSON.stringify(await client.ask('GET', `${name}:1`));
  if (!/LIMIT |null|"_"|nil/.test(reply)) throw new Error(reply);
  return !reply.includes('LIMIT ');
};
const howMany = async (clients: readonly RespClient[], name: string): Promise<number> => (await Promise.all(clients.map((client) => isIn(client, name)))).filter(Boolean).length;

it('a quota of operations is one for the primary and the copy that is read from', { timeout: 120_000 }, async () => {
  const quota = 300;
  const name = await namespaceWith({ opsPerSecond: quota });
  const begin = performance.now();
  const most = (): number => quota * ((performance.now() - begin) / 1_000 + 1) * 1.01;
  const clients = await Promise.all([reader(leader), reader(follower)]);
  const admitted = [0, 0];
  // Until both have had more than both of their even parts would give them at once.
  while (admitted.some((count) => count < quota)) {
    await Promise.all(clients.map(async (client, i) => {
      const replies = await Promise.all(Array.from({ length: 50 }, () => client.ask('GET', `${name}:1`)));
      admitted[i] += replies.filter((reply) => !isLimited(reply)).length;
    }));
    expect(admitted[0] + admitted[1]).toBeLessThanOrEqual(most());
  }
});

it('a quota of connections is one for both, and all there for either, over both protocols', { timeout: 120_000 }, async () => {
  const name = await namespaceWith({ connections: 4 });
  const [atLeader, atFollower] = await Promise.all([leader, follower].map((node) => Promise.all(Array.from({ length: 6 }, () => reader(node)))));
  for (let round = 0; round < 20; round++) expect((await howMany(atFollower, name)) + (await howMany(atLeader, name))).toBeLessThanOrEqual(4);
  for (const client of atLeader) client.close();
  await eventually(() => howMany(atFollower, name), (count) => count === 4);
  for (const client of atFollower.slice(1)) client.close();
  // Those that have become free are for HTTP clients of the copy.
  const agents = Array.from({ length: 6 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  open.push(() => agents.forEach((agent) => agent.destroy()));
  await eventually(async () => (await Promise.all(agents.map((agent) => statusOf(follower, agent, name)))).filter((status) => status === 404).length, (count) => count === 3 || count === 4);
  expect(await isIn(await reader(leader), name)).toBe(false);
});

it('what a copy that takes over has lent and borrowed is all its own', { timeout: 120_000 }, async () => {
  const name = await namespaceWith({ connections: 4 });
  const before = await Promise.all(Array.from({ length: 4 }, () => reader(leader)));
  await eventually(() => howMany(before, name), (count) => count === 4);
  await eventually(() => follower.admin.status(), ({ isr }) => isr.length === 2);
  await leader.stop('SIGKILL');
  await eventually(() => follower.admin.status(), ({ role, notServing }) => role === 'primary' && notServing === undefined);
  // At once, with what its primary is known to have lent and to have had.
  const after = await Promise.all(Array.from({ length: 6 }, () => reader(follower)));
  await eventually(() => howMany(after, name), (count) => count === 4);
});

function statusOf(node: NodeProcess, agent: Agent, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: node.ports.http, path: `/api/v1/cache/${name}/1`, agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    }).once('error', reject).end();
  });
}
