import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Channels } from '../../node/commands/pubsub/channels.ts';
import { Store } from '../../node/engine/store.ts';
import { createAccessControl } from '../../node/server/acl/access-control.ts';
import { createNodeContext } from '../../node/server/create-node-context.ts';
import { startRedisServer, type RedisServer } from '../../node/server/start.ts';
import { createStoreView } from '../../node/store-view.ts';
import { settingsFor } from '../../node/tenants/test-namespaces.ts';
import type { Tenant } from '../../node/tenants/tenant.ts';
import type { NamespaceSettings } from '../../shared/namespaces/document.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { respClient, type RespClient } from '../commands/resp-client.ts';
import { oneNodeView } from '../protocol/one-node-view.ts';

let server: RedisServer;
let channels: Channels;
let bind: (quota: NamespaceSettings['quota']) => Tenant;
let clients: RespClient[] = [];
let revision = 0;

beforeAll(async () => {
  const store = new Store({ seed: 1, random: systemPorts.random.unit });
  const access = createAccessControl({ usersAcl: 'user default on >root-secret allkeys allchannels allcommands\nuser ann on >ann-secret', tokens: '' }, systemPorts.clock);
  const node = createNodeContext({ ports: systemPorts, cluster: oneNodeView(0), store, access, storeView: createStoreView(store, () => Date.now()) });
  const { registry } = node.internals.tenants;
  channels = node.server.channels;
  server = await startRedisServer({ node, host: '127.0.0.1', port: 0 });
  node.cluster = oneNodeView(server.port);
  bind = (quota) => {
    revision++;
    const settings = settingsFor(`n${revision}`, { quota, access: [{ user: 'ann', verbs: ['admin'] }] });
    registry.apply({ formatVersion: 1, revision, namespaces: [settings], retired: [] });
    access.bind([settings]);
    return registry.byName(settings.name) as Tenant;
  };
});

afterAll(() => server.stop());
beforeEach(() => {
  for (const client of clients) client.close();
  clients = [];
});

async function connect(): Promise<RespClient> {
  const client = await respClient(server.port);
  clients.push(client);
  return client;
}

async function ann(): Promise<RespClient> {
  const client = await connect();
  expect(await client.ask('AUTH', 'ann', 'ann-secret')).toEqual({ type: '+', text: 'OK' });
  return client;
}

const isRefused = (reply: unknown, quota: string): boolean => JSON.stringify(reply).includes(`LIMIT ${quota} quota of namespace`);

it.each([['DBSIZE'], ['KEYS', '*'], ['SCAN', '0'], ['RANDOMKEY'], ['CLUSTER', 'COUNTKEYSINSLOT', '1'], ['CLUSTER', 'GETKEYSINSLOT', '1', '5'], ['PUBLISH', 'NAME:c', 'x'], ['SPUBLISH', 'NAME:c', 'x']])('%s of a bound user is an operation', async (...words) => {
  const tenant = bind({ opsPerSecond: 5 });
  const client = await ann();
  const before = tenant.requests;
  const replies = await Promise.all(Array.from({ length: 40 }, () => client.ask(...words.map((word) => word.replace('NAME', tenant.name)))));
  expect(tenant.requests - before).toBeGreaterThanOrEqual(5);
  expect(replies.filter((reply) => isRefused(reply, 'operations')).length).toBe(40 - (tenant.requests - before));
  expect(replies.some((reply) => isRefused(reply, 'operations'))).toBe(true);
});

it('a publication by whoever is an operation of the namespace of its channel', async () => {
  const tenant = bind({ opsPerSecond: 5 });
  const root = await connect();
  await root.ask('AUTH', 'root-secret');
  const replies = await Promise.all(Array.from({ length: 40 }, () => root.ask('PUBLISH', `${tenant.name}:c`, 'x')));
  expect(replies.some((reply) => isRefused(reply, 'operations'))).toBe(true);
  expect(isRefused(await root.ask('PUBLISH', 'free', 'x'), 'operations')).toBe(false);
  expect(isRefused(await root.ask('DBSIZE'), 'operations')).toBe(false);
});

it('what listeners are sent, and every reply to a bound user, is egress', async () => {
  const tenant = bind({ egressBytesPerSecond: 100_000 });
  const [listener, client] = [await ann(), await ann()];
  await listener.ask('SUBSCRIBE', `${tenant.name}:c`);
  const before = tenant.egressBytes;
  await client.ask('PUBLISH', `${tenant.name}:c`, 'x'.repeat(60_000));
  expect(tenant.egressBytes - before).toBeGreaterThan(60_000);
  await client.ask('ECHO', 'x'.repeat(60_000));
  expect(tenant.egressBytes - before).toBeGreaterThan(120_000);
  for (const words of [['ECHO', 'x'], ['PUBLISH', `${tenant.name}:c`, 'x'], ['GET', `${tenant.name}:k`], ['DBSIZE']]) expect([words[0], isRefused(await client.ask(...words), 'egress')]).toEqual([words[0], true]);
  expect(await client.ask('PING')).toEqual({ type: '+', text: 'PONG' });
});

it('listeners miss what another node publishes once the egress is used up, and hear again when it is there', async () => {
  const tenant = bind({ egressBytesPerSecond: 1_000 });
  const listener = await ann();
  await listener.ask('SUBSCRIBE', `${tenant.name}:c`);
  const fromElsewhere = (message: string): number => channels.deliver('channel', Buffer.from(`${tenant.name}:c`), Buffer.from(message));
  expect(fromElsewhere('x'.repeat(1_200))).toBe(1);
  const throttled = tenant.throttled;
  expect(fromElsewhere('missed')).toBe(0);
  expect(tenant.throttled).toBe(throttled + 1);
  while (fromElsewhere('heard') === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const words = (): readonly unknown[] => listener.heard.flatMap((value) => ('items' in value ? value.items : [])).flatMap((value) => ('text' in value ? value.text : []));
  while (!words().includes('heard')) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(words()).not.toContain('missed');
});

it('a bound user’s connection counts from AUTH on, whatever it does then', async () => {
  const tenant = bind({ connections: 3 });
  const listener = await ann();
  await listener.ask('SUBSCRIBE', `${tenant.name}:c`);
  await ann();
  const worker = await ann();
  await worker.ask('SET', `${tenant.name}:k`, 'v');
  expect(tenant.connections).toBe(3);
  const more = await connect();
  expect(isRefused(await more.ask('AUTH', 'ann', 'ann-secret'), 'connections')).toBe(true);
  expect(isRefused(await more.ask('HELLO', '3', 'AUTH', 'ann', 'ann-secret'), 'connections')).toBe(true);
  expect(JSON.stringify(await more.ask('PING'))).toContain('NOAUTH');
  listener.close();
  for (let reply: unknown; JSON.stringify(reply) !== '{"type":"+","text":"OK"}';) reply = await more.ask('AUTH', 'ann', 'ann-secret');
  expect(tenant.connections).toBe(3);
});
