import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NamespacesDocument, NamespaceSettings } from '../../shared/namespaces/document.ts';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import { eventually } from '../node/region-of-processes.ts';
import { startApiRegion, type ApiRegion } from './api-region.ts';

const secretToken = 'token-of-reader-0001';
const settings = (name: string, access: NamespaceSettings['access']): NamespaceSettings =>
  ({ name, uid: `uid-${name}`, tenant: name, consistency: 'eventual', ttlJitterPercent: 0, slidingExpiry: false, maxValueBytes: 1024, quota: {}, trackAccess: false, access });
const document: NamespacesDocument = {
  formatVersion: 1,
  revision: 1,
  namespaces: [
    settings('blue', [{ user: 'reader', verbs: ['read'] }, { user: 'writer', verbs: ['read', 'write', 'delete', 'flush'] }]),
    settings('red', [{ user: 'other', verbs: ['read', 'write'] }]),
  ],
  retired: [],
};

let api: ApiRegion;
beforeAll(async () => {
  api = await startApiRegion(2, (region) => {
    region.writeAuth({
      'default-password': 'default-password-1',
      'users.acl': ['user default on >default-password-1 ~* &* +@all', 'user writer on >writer-password-1', 'user other on >other-password-01'].join('\n'),
      tokens: [`reader ${secretToken}`, `writer sha256:${createHash('sha256').update('token-of-writer-0001').digest('hex')}`, 'other token-of-other-00001', `reader token-of-yesterday-1 expires=2020-01-01T00:00:00Z`].join('\n'),
    });
    return { token: 'default-password-1' };
  });
  await Promise.all(api.nodes.map((node) => node.admin.applyNamespaces(document)));
  await eventually(() => as('token-of-writer-0001', 'PUT', '/cache/blue/seen', { value: 1 }), ({ status }) => status === 201);
}, 60_000);
afterAll(() => api.close());

const as = (token: string | undefined, method: string, path: string, body?: unknown, node = 0) =>
  api.ask(method, path, body, { node, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

const clients: Redis[] = [];
afterAll(() => clients.forEach((client) => client.disconnect()));

/** A client of each node, as this user. */
const redisAs = (username: string, password: string): readonly Redis[] => api.nodes.map(({ ports }) => {
  const client = new Redis({ host: '127.0.0.1', port: ports.redis, username, password });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
});

describe('a bound user on the Redis protocol, on every shard', () => {
  it('sees, counts and flushes its own keys only', async () => {
    const admin = redisAs('default', 'default-password-1');
    for (let i = 0; i < 12; i++) for (const namespace of ['blue', 'red']) await as('default-password-1', 'PUT', `/cache/${namespace}/iso-${i}`, { value: `${namespace} secret` });
    for (const [node, client] of redisAs('other', 'other-password-01').entries()) {
      const here = (await admin[node].keys('*')).filter((key) => key.startsWith('red:')).toSorted();
      const foreign = (await admin[node].keys('blue:iso-*')).toSorted();
      expect(foreign.length).toBeGreaterThan(0);
      expect((await client.keys('*')).toSorted()).toEqual(here);
      const [, scanned] = await client.scan('0', 'COUNT', '10000');
      expect(scanned.toSorted()).toEqual(here);
      expect(await client.dbsize()).toBe(here.length);
      for (let draw = 0; draw < 30; draw++) expect(await client.randomkey()).toMatch(/^red:/);
      const slot = slotOfKey(Buffer.from(foreign[0]));
      expect([await admin[node].cluster('COUNTKEYSINSLOT', slot), await client.cluster('COUNTKEYSINSLOT', slot), await client.cluster('GETKEYSINSLOT', slot, 10)]).toEqual([1, 0, []]);
      const refusals = await Promise.all([foreign[0], 'blue:not-there'].map((key) => client.get(key).catch(String)));
      expect(new Set(refusals)).toEqual(new Set(['ReplyError: NOPERM this user has no permissions to access one of the keys used as arguments']));
      await expect(client.flushall()).rejects.toThrow('NOPERM');
    }
    for (const client of redisAs('writer', 'writer-password-1')) await client.flushall();
    for (const client of admin) {
      expect(await client.keys('blue:*')).toEqual([]);
      expect((await client.keys('red:iso-*')).length).toBeGreaterThan(0);
    }
  });

  it('hears its own channels only, whichever node they are published at', async () => {
    const [listener] = redisAs('other', 'other-password-01');
    const [, admin] = redisAs('default', 'default-password-1');
    const [, foreign] = redisAs('writer', 'writer-password-1');
    await expect(listener.subscribe('blue:news')).rejects.toThrow('NOPERM');
    await expect(listener.psubscribe('*')).rejects.toThrow('NOPERM');
    await expect(listener.ssubscribe('blue:news')).rejects.toThrow('NOPERM');
    const heard: string[] = [];
    listener.on('pmessage', (_pattern, channel: string) => heard.push(channel));
    await listener.psubscribe('red:*');
    await expect(foreign.publish('red:news', 'x')).rejects.toThrow('NOPERM');
    await foreign.publish('blue:news', 'x');
    await eventually(() => admin.publish('red:news', 'x'), () => heard.length > 0);
    expect(new Set(heard)).toEqual(new Set(['red:news']));
    expect(await foreign.pubsub('CHANNELS')).toEqual([]);
  });
});

describe('tokens', () => {
  it.each<[string, string | undefined, string]>([
    ['none', undefined, 'NO_AUTH'],
    ['a wrong one', 'token-of-nobody-0001', 'INVALID_TOKEN'],
    ['an expired one', 'token-of-yesterday-1', 'EXPIRED_TOKEN'],
  ])('%s is refused for every call', async (_what, token, code) => {
    for (const [method, path, body] of [['GET', '/cache/blue/seen'], ['PUT', '/cache/blue/seen', { value: 1 }], ['DELETE', '/cache/blue'], ['GET', '/cache/blue/stats'], ['GET', '/cache/topology'], ['GET', '/cache/nothing/k']] as const) {
      const answer = await as(token, method, path, body);
      expect([answer.status, answer.body.code]).toEqual([401, code]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="meridian"');
      expect(answer.body.message).toMatch(/token/i);
      expect(answer.text).not.toMatch(/AUTH or HELLO/);
    }
  });

  it('allow what their verbs say, at any node', async () => {
    for (const node of [0, 1]) {
      for (let i = 0; i < 8; i++) {
        expect((await as('token-of-writer-0001', 'PUT', `/cache/blue/k${i}`, { value: i }, node)).status).toBeLessThan(300);
        expect((await as(secretToken, 'GET', `/cache/blue/k${i}`, undefined, node)).body.value).toBe(i);
        expect(await as(secretToken, 'PUT', `/cache/blue/k${i}`, { value: 9 }, node)).toMatchObject({ status: 403, body: { code: 'NO_PERMISSION' } });
        expect((await as(secretToken, 'DELETE', `/cache/blue/k${i}`, undefined, node)).status).toBe(403);
      }
      expect((await as(secretToken, 'GET', '/cache/blue/stats', undefined, node)).status).toBe(200);
      expect((await as(secretToken, 'DELETE', '/cache/blue', undefined, node)).status).toBe(403);
    }
    expect((await as('token-of-writer-0001', 'DELETE', '/cache/blue/k0')).status).toBe(200);
    expect((await as('token-of-writer-0001', 'GET', '/cache/blue/k1')).headers.get('cache-control')).toMatch(/^private/);
  });

  it('show nothing of other namespaces, not even that they are there', async () => {
    await as('token-of-other-00001', 'PUT', '/cache/red/secret', { value: 'red secret' });
    const there = await as(secretToken, 'GET', '/cache/red/secret');
    const nowhere = await as(secretToken, 'GET', '/cache/green/secret');
    expect([there.status, there.body.code]).toEqual([403, 'NO_PERMISSION']);
    expect([nowhere.status, nowhere.body.code]).toEqual([403, 'NO_PERMISSION']);
    for (const [method, path, body] of [['GET', '/cache/default/red:secret'], ['POST', '/cache/red/mget', { keys: ['secret'] }], ['GET', '/cache/red/stats'], ['DELETE', '/cache/red'], ['GET', '/cache/blue/..%2fred:secret'], ['DELETE', '/cache/default?pattern=*']] as const) {
      const answer = await as(secretToken, method, path, body);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).not.toContain('red secret');
    }
    expect((await as('token-of-other-00001', 'GET', '/cache/red/secret')).body.value).toBe('red secret');
  });

  it('refuse with one and the same body, whether there is such a namespace or not, whatever the call', async () => {
    const calls = [['GET', '/k', 'read'], ['PUT', '/k', 'write', { value: 1 }], ['DELETE', '/k', 'delete'], ['DELETE', '', 'flush'], ['DELETE', '?tag=t', 'flush'], ['GET', '/stats', 'read'], ['POST', '/mget', 'read', { keys: ['k'] }], ['POST', '/mset', 'write', { entries: [{ key: 'k', value: 1 }] }], ['POST', '/invalidate', 'flush', { key: 'k' }], ['GET', '/k?fill=1', 'read']] as const;
    for (const [method, rest, verb, body] of calls) {
      const answers = await Promise.all(['red', 'green'].map((name) => as(secretToken, method, `/cache/${name}${rest}`, body)));
      expect(answers.map(({ status, text }) => [status, text.replace(/red|green/g, 'NAME')])).toEqual(Array(2).fill([403, JSON.stringify({ error: `This user may not ${verb} in the namespace 'NAME'`, code: 'NO_PERMISSION', message: `Where there is a CacheNamespace of that name, its owner gives a user the verb ${verb} in spec.access.` })]));
    }
    const inDefault = await Promise.all(['red:secret', 'green:secret', 'k'].map((key) => as(secretToken, 'GET', `/cache/default/${key}`)));
    expect(inDefault.map(({ status, body }) => [status, body.error])).toEqual(Array(3).fill([403, "This user may not read in the namespace 'default'"]));
    expect((await as(secretToken, 'PUT', '/cache/blue/k?', { value: 1 })).body.error).toBe("This user may not write in the namespace 'blue'");
    expect((await as(secretToken, 'POST', '/cache/blue/mset', { entries: [{ key: 'k', value: 1 }] })).body.error).toBe("This user may not write in the namespace 'blue'");
  });

  it('the default password reaches every namespace; keys of the default namespace do not reach into another', async () => {
    expect((await as('default-password-1', 'GET', '/cache/red/secret')).body.value).toBe('red secret');
    expect(await as('default-password-1', 'GET', '/cache/default/red:secret')).toMatchObject({ status: 400, body: { code: 'INVALID_KEY' } });
    expect(await as('default-password-1', 'POST', '/cache/default/invalidate', { key: 'red:secret' })).toMatchObject({ status: 400, body: { code: 'INVALID_KEY' } });
    expect((await as('default-password-1', 'GET', '/cache/green/k')).body.error).toBe('Invalid namespace');
  });

  it('a value above the namespace’s limit is refused', async () => {
    expect(await as('token-of-writer-0001', 'PUT', '/cache/blue/large', { value: 'x'.repeat(2_000) })).toMatchObject({ status: 400, body: { error: 'Value too large', code: 'VALUE_TOO_LARGE' } });
  });
});
