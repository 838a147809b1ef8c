import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Store } from '../../node/engine/store.ts';
import { createAccessControl, type LoadedAccess } from '../../node/server/acl/access-control.ts';
import { createNodeContext } from '../../node/server/create-node-context.ts';
import { startRedisServer, type RedisServer } from '../../node/server/start.ts';
import { createStoreView } from '../../node/store-view.ts';
import { NamespaceRegistry } from '../../node/tenants/registry.ts';
import type { NamespaceSettings, NamespaceVerb } from '../../shared/namespaces/document.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import { respClient, type RespClient } from '../commands/resp-client.ts';
import type { RespValue } from '../commands/resp-values.ts';
import { oneNodeView } from '../protocol/one-node-view.ts';

const settingsOf = (name: string, users: Readonly<Record<string, readonly NamespaceVerb[]>>): NamespaceSettings => ({
  name, uid: `uid-${name}`, tenant: 't', consistency: 'eventual', ttlJitterPercent: 0, slidingExpiry: false, maxValueBytes: 1e6, quota: {}, trackAccess: false,
  access: Object.entries(users).map(([user, verbs]) => ({ user, verbs: [...verbs] })),
});

const usersAcl = ['user default on >root-secret allkeys allchannels allcommands', 'user ann on >ann-secret', 'user reader on >reader-secret allkeys allcommands', 'user cleaner on >cleaner-secret', 'user off off >off-secret'].join('\n');
const tokens = ['ann token-of-ann-0001', 'robot token-of-robot-01 expires=2026-01-02T00:00:00Z', 'off token-of-off-00001', 'stranger token-of-stranger'].join('\n');
const nowMs = Date.parse('2026-01-01T00:00:00Z');

let server: RedisServer;
let access: LoadedAccess;
let apply: (revision: number, namespaces: readonly NamespaceSettings[]) => void;
const clients: RespClient[] = [];

const carts = settingsOf('carts', { ann: ['read', 'write', 'flush'], reader: ['read'], cleaner: ['delete'], robot: ['admin'] });
const other = settingsOf('other', {});

beforeAll(async () => {
  const store = new Store({ seed: 1, random: systemPorts.random.unit });
  access = createAccessControl({ usersAcl, tokens }, { wallMs: () => nowMs });
  const namespaces = new NamespaceRegistry({ store, clock: systemPorts.clock, shards: () => ({ count: 1, place: 0, leads: true, copies: 0 }) });
  const node = { ...createNodeContext({ ports: systemPorts, cluster: oneNodeView(0), store, access, storeView: createStoreView(store, () => Date.now()) }), namespaces };
  server = await startRedisServer({ node, host: '127.0.0.1', port: 0 });
  node.cluster = oneNodeView(server.port);
  apply = (revision, list) => {
    namespaces.apply({ formatVersion: 1, revision, namespaces: [...list], retired: [] });
    access.bind(list);
  };
  apply(1, [carts, other]);
});

afterAll(async () => {
  for (const client of clients) client.close();
  await server.stop();
});

async function as(user: string): Promise<RespClient> {
  const client = await respClient(server.port);
  clients.push(client);
  expect(await client.ask('AUTH', user, user === 'default' ? 'root-secret' : `${user}-secret`)).toEqual({ type: '+', text: 'OK' });
  return client;
}

const texts = (value: RespValue): readonly string[] => ('items' in value ? value.items.flatMap((item) => texts(item)) : 'text' in value ? [value.text] : ['nil']);
const text = async (client: RespClient, ...words: readonly string[]): Promise<string> => texts(await client.ask(...words)).join(' ');
const refused = /^NOPERM /;

/** Keys of both namespaces and of none. */
async function fill(): Promise<void> {
  const root = await as('default');
  await root.ask('FLUSHALL');
  for (const key of ['carts:1', 'carts:2', 'carts:{x}a', 'other:1', 'other:{x}b', 'plain', 'cartsx', 'carts']) await root.ask('SET', key, `value of ${key}`);
}

describe('a user bound to a namespace', () => {
  it('reads and writes its keys, and is told the same of keys of others whether they exist or not', async () => {
    await fill();
    const ann = await as('ann');
    expect(await text(ann, 'GET', 'carts:1')).toBe('value of carts:1');
    expect(await text(ann, 'SET', 'carts:3', 'x')).toBe('OK');
    expect(await text(ann, 'MGET', 'carts:1', 'carts:none')).toContain('CROSSSLOT');
    const answers = new Set<string>();
    for (const key of ['other:1', 'other:none', 'plain', 'carts', 'cartsx', 'none', '', 'CARTS:1', '{carts}:1', 'carts\0:1']) {
      for (const words of [['GET', key], ['SET', key, 'x'], ['EXISTS', key], ['TTL', key], ['TYPE', key], ['OBJECT', 'ENCODING', key], ['DUMP', key], ['WATCH', key], ['MEMORY', 'USAGE', key], ['RENAME', 'carts:1', key], ['COPY', key, 'carts:9']]) answers.add(await text(ann, ...words));
    }
    expect([...answers]).toEqual(['NOPERM this user has no permissions to access one of the keys used as arguments']);
  });

  it('sees its own in SCAN, KEYS, RANDOMKEY, DBSIZE, INFO and CLUSTER COUNTKEYSINSLOT', async () => {
    await fill();
    const ann = await as('ann');
    expect(texts(await ann.ask('KEYS', '*')).toSorted()).toEqual(['carts:1', 'carts:2', 'carts:{x}a']);
    expect(await text(ann, 'KEYS', 'other*')).toBe('');
    expect(texts(await ann.ask('SCAN', '0', 'COUNT', '1000')).toSorted()).toEqual(['0', 'carts:1', 'carts:2', 'carts:{x}a']);
    expect(await text(ann, 'DBSIZE')).toBe('3');
    for (let draw = 0; draw < 50; draw++) expect(await text(ann, 'RANDOMKEY')).toMatch(/^carts:/);
    const slot = String(slotOfKey(Buffer.from('{x}'), 0, 3));
    expect(await text(ann, 'CLUSTER', 'COUNTKEYSINSLOT', slot)).toBe('1');
    expect(await text(ann, 'CLUSTER', 'GETKEYSINSLOT', slot, '10')).toBe('carts:{x}a');
    expect(await text(await as('default'), 'CLUSTER', 'COUNTKEYSINSLOT', slot)).toBe('2');
    const info = await text(ann, 'INFO', 'all');
    expect(info).toContain('db0:keys=3,');
    expect(info).not.toContain('used_memory');
    expect(info).toContain('redis_version');
  });

  it('with FLUSHALL removes its own, with nothing left for RANDOMKEY to find', async () => {
    await fill();
    const ann = await as('ann');
    expect(await text(ann, 'FLUSHALL')).toBe('OK');
    expect(await text(ann, 'DBSIZE')).toBe('0');
    expect(await text(ann, 'RANDOMKEY')).toBe('nil');
    expect(texts(await (await as('default')).ask('KEYS', '*')).toSorted()).toEqual(['carts', 'cartsx', 'other:1', 'other:{x}b', 'plain']);
  });

  it('has the verbs that it was given and no others', async () => {
    await fill();
    const [reader, cleaner, ann] = [await as('reader'), await as('cleaner'), await as('ann')];
    for (const words of [['GET', 'carts:1'], ['STRLEN', 'carts:1'], ['KEYS', '*']]) expect(await text(reader, ...words)).not.toMatch(refused);
    for (const words of [['SET', 'carts:1', 'x'], ['DEL', 'carts:1'], ['GETSET', 'carts:1', 'x'], ['EXPIRE', 'carts:1', '1'], ['FLUSHALL'], ['PUBLISH', 'carts:news', 'x'], ['GETDEL', 'carts:1']]) expect(await text(reader, ...words)).toMatch(refused);
    for (const words of [['GET', 'carts:1'], ['SET', 'carts:1', 'x'], ['KEYS', '*'], ['GETDEL', 'carts:1']]) expect(await text(cleaner, ...words)).toMatch(refused);
    expect(await text(cleaner, 'DEL', 'carts:1')).toBe('1');
    expect(await text(ann, 'DEL', 'carts:2')).toMatch(refused);
    expect(await text(ann, 'RENAME', 'carts:2', 'carts:2')).toBe('OK');
  });

  it('has no command that shows or changes the server or the others', async () => {
    const ann = await as('ann');
    const words = ['CONFIG GET *', 'CLIENT LIST', 'CLIENT KILL ID 1', 'MONITOR', 'SLOWLOG GET', 'ACL LIST', 'ACL GETUSER default', 'ACL USERS', 'DEBUG SLEEP 0', 'MEMORY STATS', 'LATENCY LATEST', 'ROLE', 'CLIENT PAUSE 1', 'CLIENT UNBLOCK 1', 'CLIENT NO-EVICT on', 'CONFIG SET maxmemory 1', 'COMMANDLOG GET 1', 'SWAPDB 0 0'];
    for (const line of words) expect(`${line}: ${await text(ann, ...line.split(' '))}`).toMatch(/: (NOPERM|ERR unknown command)/);
    for (const line of ['PING', 'CLIENT ID', 'CLIENT SETINFO LIB-NAME x', 'CLUSTER SLOTS', 'COMMAND COUNT', 'HELLO 2', 'SELECT 0', 'ACL WHOAMI', 'MULTI', 'DISCARD', 'CLIENT NO-TOUCH on']) expect(`${line}: ${await text(ann, ...line.split(' '))}`).not.toMatch(/: (NOPERM|ERR)/);
  });

  it('uses channels of its namespace, and sees no others in PUBSUB', async () => {
    const [ann, root] = [await as('ann'), await as('default')];
    for (const words of [['PUBLISH', 'other:news', 'x'], ['SUBSCRIBE', 'carts:news', 'other:news'], ['PSUBSCRIBE', '*'], ['PSUBSCRIBE', 'cart*'], ['SSUBSCRIBE', 'other:x'], ['SUBSCRIBE', '__keyspace@0__:other:1']]) expect(await text(ann, ...words)).toMatch(refused);
    const listeners = [await as('ann'), await as('default')];
    await listeners[0].ask('HELLO', '3');
    expect(await text(ann, 'PUBLISH', 'carts:news', 'x')).toBe('0');
    listeners[0].ask('PSUBSCRIBE', 'carts:n*').catch(() => undefined);
    listeners[1].ask('SUBSCRIBE', 'other:news', 'carts:news').catch(() => undefined);
    while ((await text(root, 'PUBSUB', 'NUMSUB', 'other:news')) !== 'other:news 1' || (await text(root, 'PUBSUB', 'NUMPAT')) !== '1') await root.ask('PING');
    expect(await text(ann, 'PUBSUB', 'CHANNELS')).toBe('carts:news');
    expect(await text(ann, 'PUBSUB', 'NUMSUB', 'other:news', 'carts:news')).toBe('other:news 0 carts:news 1');
    expect(await text(ann, 'PUBSUB', 'NUMPAT')).toBe('0');
    expect(await text(root, 'PUBSUB', 'CHANNELS', '*')).toContain('other:news');
  });

  it('needs the verb delete to publish what removes keys', async () => {
    expect(await text(await as('ann'), 'PUBLISH', 'carts:invalidate', 'x')).toMatch(refused);
    apply(20, [settingsOf('carts', { ann: ['write', 'delete'] }), other]);
    expect(await text(await as('ann'), 'PUBLISH', 'carts:invalidate', 'x')).toMatch(/^\d+$/);
    apply(21, [carts, other]);
  });

  it('is told of changes of its own keys only, when it asks for whole prefixes', async () => {
    const ann = await as('ann');
    await ann.ask('HELLO', '3');
    expect(await text(ann, 'CLIENT', 'TRACKING', 'on', 'BCAST')).toMatch(refused);
    expect(await text(ann, 'CLIENT', 'TRACKING', 'on', 'BCAST', 'PREFIX', 'other:')).toMatch(refused);
    expect(await text(ann, 'CLIENT', 'TRACKING', 'on', 'BCAST', 'PREFIX', 'carts:')).toBe('OK');
  });

  it('is bound, and let go, while it is connected; in a transaction too', async () => {
    await fill();
    const ann = await as('ann');
    await ann.ask('MULTI');
    expect(await text(ann, 'GET', 'other:1')).toMatch(refused);
    expect(await text(ann, 'EXEC')).toMatch(/^EXECABORT/);
    apply(22, [settingsOf('carts', {}), settingsOf('other', { ann: ['read'] })]);
    expect(await text(ann, 'GET', 'other:1')).toBe('value of other:1');
    expect(await text(ann, 'GET', 'carts:1')).toMatch(refused);
    apply(23, [settingsOf('carts', { ann: ['read'] }), settingsOf('other', { ann: ['read'] })]);
    expect(texts(await ann.ask('KEYS', '*')).toSorted()).toEqual(['carts:1', 'carts:2', 'carts:{x}a', 'other:1', 'other:{x}b']);
    apply(24, []);
    // What is left is what users.acl gives: nothing.
    expect(await text(ann, 'GET', 'carts:1')).toMatch(refused);
    apply(25, [carts, other]);
  });
});

describe('ACL LIST', () => {
  it('shows what a bound user may do', async () => {
    const lines = texts(await (await as('default')).ask('ACL', 'LIST'));
    expect(lines.find((line) => line.startsWith('user ann'))).toMatch(/~carts:\* &carts:\* -@all .*\+@read .*\+@write \+flushall \+flushdb$/);
    expect(lines.find((line) => line.startsWith('user reader'))).toContain('%R~carts:* &carts:*');
  });
});

describe('tokens', () => {
  it('say whose they are, unless they have expired or their user is off', () => {
    expect(access.tokenState('token-of-ann-0001')).toEqual({ kind: 'user', user: 'ann' });
    expect(access.tokenState('token-of-robot-01')).toEqual({ kind: 'user', user: 'robot' });
    expect(access.tokenState('root-secret')).toEqual({ kind: 'user', user: 'default' });
    for (const token of ['', 'token-of-ann-0002', 'token-of-off-00001', 'token-of-stranger', 'ann-secret']) expect(access.tokenState(token)).toEqual({ kind: 'unknown' });
    const later = createAccessControl({ usersAcl, tokens }, { wallMs: () => Date.parse('2026-01-02T00:00:00Z') });
    later.bind([carts]);
    expect(later.tokenState('token-of-robot-01')).toEqual({ kind: 'expired' });
    expect(later.tokenState('token-of-ann-0001')).toEqual({ kind: 'user', user: 'ann' });
  });

  it('go with verbs', () => {
    const may = (user: string): readonly boolean[] => (['read', 'write', 'delete', 'flush', 'admin'] as const).map((verb) => access.mayUse(user, 'carts', verb));
    expect(may('ann')).toEqual([true, true, false, true, false]);
    expect(may('robot')).toEqual([true, true, true, true, true]);
    expect(may('default')).toEqual([true, true, true, true, true]);
    expect(may('stranger')).toEqual([false, false, false, false, false]);
    expect(access.mayUse('ann', 'other', 'read')).toBe(false);
  });

  it.each([
    ['ann', 'tokens line 1: it must be'],
    ['# x\nann short', 'tokens line 2: a token has at least 16 characters'],
    ['ann sha256:12', 'tokens line 1: a token'],
    ['ann token-of-ann-0001 expires=soon', 'tokens line 1: expires='],
    ['ann token-of-ann-0001 2027-01-01', 'tokens line 1: expires='],
    ['ann token-of-ann-0001 expires=2027-01-01 more', 'tokens line 1: it must be'],
  ])('in a file that makes no sense, %j, are refused', (text, detail) => {
    expect(() => createAccessControl({ tokens: text })).toThrow(detail);
  });

  it('may be kept as their SHA-256', () => {
    const hash = createHash('sha256').update('token-of-ann-0001').digest('hex');
    expect(createAccessControl({ usersAcl, tokens: `ann sha256:${hash}` }).tokenState('token-of-ann-0001')).toEqual({ kind: 'user', user: 'ann' });
    expect(createAccessControl({ usersAcl, tokens: `ann sha256:${'0'.repeat(64)}` }).tokenState('token-of-ann-0001')).toEqual({ kind: 'unknown' });
  });
});

it('where clients need not say who they are, nobody is bound', () => {
  const open = createAccessControl({ usersAcl: 'user default on nopass ~* &* +@all', open: true });
  open.bind([settingsOf('carts', { default: ['read'] })]);
  expect([open.openToAll, open.boundTo('default')]).toEqual([true, undefined]);
});
