import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { request } from 'node:http';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import { eventually } from '../node/region-of-processes.ts';
import { startApiRegion, type ApiRegion } from './api-region.ts';

let api: ApiRegion;
beforeAll(async () => {
  api = await startApiRegion(2);
}, 60_000);
afterAll(() => api.close());
beforeEach(() => api.ask('DELETE', '/cache/default'));

const put = (key: string, body: object, node = 0) => api.ask('PUT', `/cache/default/${key}`, body, { node });
const get = (key: string, node = 0, headers = {}) => api.ask('GET', `/cache/default/${key}`, undefined, { node, headers });
/** A client of the node that serves the key. */
async function redisFor<T>(key: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(api.nodes[slotOfKey(Buffer.from(key)) < 8192 ? 0 : 1].ports.redis, '127.0.0.1');
  return work(redis).finally(() => redis.disconnect());
}
const names = Array.from({ length: 12 }, (_, i) => `user_${i}`);

it('takes a body that does not say what it is for JSON', async () => {
  const answer = await fetch(`${api.url()}/api/v1/cache/default/untyped`, { method: 'PUT', body: new Blob(['{"value": 1}']) });
  expect([answer.status, (await api.ask('GET', '/cache/default/untyped')).body.value]).toEqual([201, 1]);
});

describe('single keys, asked of any node', () => {
  it.each([0, 1])('are created, read, replaced, deleted and then missing at node %i', async (node) => {
    for (const name of names) {
      const created = await put(name, { value: { name }, ttl: 60, tags: [] }, node);
      expect(created).toMatchObject({ status: 201, body: { success: true, key: name, created: true, tier_assigned: 'warm', replication_status: { eu: 'confirmed' } } });
      const answer = await get(name, 1 - node);
      expect(answer).toMatchObject({ status: 200, body: { value: { name }, metadata: { version: created.body.version, tier: 'warm', origin_region: 'eu', consistency_achieved: 'eventual' } } });
      expect((answer.body.metadata as { ttl_remaining: number }).ttl_remaining).toBeGreaterThan(50);
      expect(await put(name, { value: 2 }, node)).toMatchObject({ status: 200, body: { created: false } });
      expect(await api.ask('DELETE', `/cache/default/${name}`, undefined, { node })).toMatchObject({ status: 200, body: { success: true, deleted: true } });
      expect(await get(name, node)).toMatchObject({ status: 404, body: { error: 'Key not found', code: 'NOT_FOUND' } });
      expect(await api.ask('DELETE', `/cache/default/${name}`, undefined, { node })).toMatchObject({ status: 404, body: { error: 'Key not found' } });
    }
  });

  it('say what they are in headers, and give the caller’s trace id back', async () => {
    await put('k', { value: 1, ttl: 60 });
    const { headers } = await get('k', 0, { 'x-trace-id': 'trace-1' });
    const found = Object.fromEntries(['x-cache-hit', 'x-cache-tier', 'x-cache-origin', 'x-trace-id'].map((name) => [name, headers.get(name)]));
    expect(found).toEqual({ 'x-cache-hit': 'true', 'x-cache-tier': 'warm', 'x-cache-origin': 'eu', 'x-trace-id': 'trace-1' });
    expect(Number(headers.get('x-cache-ttl'))).toBeGreaterThan(50);
    expect(headers.get('x-cache-version')).toMatch(/^eu=\d+$/);
    expect(Number(headers.get('x-cache-age-ms'))).toBeGreaterThanOrEqual(0);
    expect((await api.ask('GET', '/cache/default/k?trace_id=other')).headers.get('x-trace-id')).toBe('other');
    expect((await get('absent')).headers.get('x-cache-hit')).toBe('false');
  });

  it('expire', async () => {
    await put('short', { value: 1, ttl: 0.2 });
    expect((await eventually(() => get('short'), ({ status }) => status === 404)).body.code).toBe('NOT_FOUND');
  });

  it('are written under a version only when it is theirs', async () => {
    expect((await put('v', { value: 1, expected_version: {} })).status).toBe(201);
    const version = (await get('v')).body.metadata as { readonly version: Record<string, number> };
    expect(await put('v', { value: 2, expected_version: {} })).toMatchObject({ status: 409, body: { error: 'Version conflict', current_version: version.version, your_version: {} } });
    expect(await put('v', { value: 2, expected_version: { eu: version.version.eu + 7 } })).toMatchObject({ status: 409, body: { your_version: { eu: version.version.eu + 7 } } });
    expect((await put('v', { value: 2, expected_version: version.version })).status).toBe(200);
    expect(await put('v', { value: 3, expected_version: version.version })).toMatchObject({ status: 409 });
    expect(await put('absent', { value: 3, expected_version: version.version })).toMatchObject({ status: 409, body: { current_version: {} } });
  });

  it('have names of any bytes, decoded once', async () => {
    for (const key of ['a/b/../c', '..%2f..%2fetc', 'nul%00nul', '%2541', 'ünï%20cödé', '%ff%fe', '%73tats', 'x?'.replace('?', '%3F'), '{tag}a', 'mget']) {
      expect(await put(encodeURI(key).replaceAll('%25', '%'), { value: key })).toMatchObject({ status: 201 });
      expect((await get(encodeURI(key).replaceAll('%25', '%'), 1)).body.value).toBe(key);
    }
    expect(await redisFor('%41', (redis) => redis.get('%41'))).toBe('"%2541"');
    expect(await redisFor('stats', (redis) => redis.exists('stats'))).toBe(1);
  });
});

describe('values', () => {
  const complex = { text: 'ä\u2028"\\\u0000', list: [1, -2.5e-7, true, null, [], {}], deep: { a: { b: { c: [{ d: 'e' }] } } }, __proto__x: 1 };

  it('come back as they were: JSON, and bytes of Redis clients', async () => {
    await put('j', { value: complex });
    expect((await get('j')).body.value).toEqual(complex);
    expect(await redisFor('j', (redis) => redis.get('j'))).toBe(JSON.stringify(complex));
    await redisFor('t', (redis) => redis.set('t', '{"not":"parsed"}'));
    await redisFor('b', (redis) => redis.set('b', Buffer.from([0xff, 0, 1])));
    expect((await get('t')).body.value).toBe('{"not":"parsed"}');
    expect((await get('b')).body.value).toEqual({ $base64: Buffer.from([0xff, 0, 1]).toString('base64') });
    await redisFor('l', (redis) => redis.lpush('l', 'x'));
    expect(await get('l')).toMatchObject({ status: 400, body: { code: 'WRONG_TYPE' } });
  });

  it('keep numbers that no double holds', async () => {
    const value = '{"id":12345678901234567890,"price":0.12345678901234567890,"text":"1234567890123456789"}';
    expect((await api.ask('PUT', '/cache/default/digits', `{"value":${value}}`, { headers: { 'content-type': 'application/json' } })).status).toBe(201);
    expect((await get('digits')).text).toContain(`{"value":${value},`);
    await api.ask('POST', '/cache/default/mset', `{"entries":[{"key":"digits-2","value":${value}}]}`, { headers: { 'content-type': 'application/json' } });
    expect((await api.ask('POST', '/cache/default/mget', { keys: ['digits-2'] })).text).toContain(value);
  });

  it('may be raw bytes both ways', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    expect((await api.ask('PUT', '/cache/default/raw?ttl=30', bytes, { headers: { 'content-type': 'application/octet-stream' } })).status).toBe(201);
    const answer = await fetch(`${api.url(1)}/api/v1/cache/default/raw`, { headers: { accept: 'application/octet-stream' } });
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
    expect(await redisFor('raw', (redis) => redis.getBuffer('raw'))).toEqual(bytes);
  });

  it('of a megabyte go to the other node and back', async () => {
    const value = 'x'.repeat(1_000_000);
    for (const name of names.slice(0, 4)) {
      expect((await put(name, { value })).status).toBe(201);
      expect((await get(name, 1)).body.value).toBe(value);
    }
  });
});

describe('many keys', () => {
  it('are written and read over all shards', async () => {
    expect(await api.ask('POST', '/cache/default/mset', { entries: names.map((key, i) => ({ key, value: { i }, ttl: 60 })) })).toMatchObject({ status: 200, body: { success: true, stored: names.length } });
    const answer = await api.ask('POST', '/cache/default/mget', { keys: [...names, 'absent', '__proto__'] }, { node: 1 });
    expect(answer).toMatchObject({ status: 200, body: { hits: names.length, misses: 2 } });
    const results = new Map(Object.entries(JSON.parse(answer.text.replace('"__proto__"', '"proto"')).results as object));
    expect(results.get('user_3')).toEqual({ value: { i: 3 }, found: true });
    expect(results.get('proto')).toEqual({ value: null, found: false });
  });

  it('are flushed by pattern, and all of them', async () => {
    await api.ask('POST', '/cache/default/mset', { entries: [...names, 'other_1', 'other_2'].map((key) => ({ key, value: 1 })) });
    expect(await api.ask('DELETE', '/cache/default?pattern=user_*')).toMatchObject({ status: 200, body: { success: true, deleted_count: names.length } });
    expect((await get('other_1')).status).toBe(200);
    expect(await api.ask('DELETE', '/cache/default', undefined, { node: 1 })).toMatchObject({ status: 200, body: { deleted_count: 2 } });
    expect((await get('other_1')).status).toBe(404);
  });

  it('are counted exactly', async () => {
    const before = (await api.ask('GET', '/cache/default/stats')).body as Record<string, number>;
    await put('s', { value: 1 });
    for (const key of ['s', 's', 's', 'none']) await get(key);
    await api.ask('POST', '/cache/default/mget', { keys: ['s', 'none1', 'none2'] });
    const after = (await api.ask('GET', '/cache/default/stats', undefined, { node: 1 })).body as Record<string, number>;
    expect({ hits: after.hits - before.hits, misses: after.misses - before.misses, keys: after.total_keys }).toEqual({ hits: 4, misses: 3, keys: 1 });
    expect(after.hit_rate).toBeCloseTo(after.hits / (after.hits + after.misses));
  });
});

describe('caches in front', () => {
  it('are told how long an answer holds, and that it has not changed', async () => {
    await put('c', { value: 'x', ttl: 100 });
    const first = await get('c');
    const age = Number(first.headers.get('age'));
    expect(Number(/^public, max-age=(\d+)$/.exec(first.headers.get('cache-control') ?? '')?.[1]) - age).toBeGreaterThan(95);
    const etag = first.headers.get('etag') as string;
    const same = await get('c', 1, { 'if-none-match': `"other", ${etag}` });
    expect([same.status, same.text]).toEqual([304, '']);
    await put('c', { value: 'y', ttl: 100 });
    expect((await get('c', 0, { 'if-none-match': etag })).status).toBe(200);
    await put('d', { value: 'x' });
    expect((await get('d')).headers.get('cache-control')).toBe('public, no-cache');
  });

  it('get gzip or brotli where they ask for it', async () => {
    const value = 'abc'.repeat(2_000);
    await put('big', { value });
    const raw = (accept: string): Promise<{ readonly encoding: string | undefined; readonly body: Buffer }> =>
      new Promise((resolve, reject) => {
        request(`${api.url()}/api/v1/cache/default/big`, { headers: { 'accept-encoding': accept } }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => resolve({ encoding: answer.headers['content-encoding'], body: Buffer.concat(chunks) }));
        }).once('error', reject).end();
      });
    const [br, gzip, none, preferred] = await Promise.all(['gzip, br', 'gzip', 'identity', 'br;q=0.1, gzip;q=0.9'].map(raw));
    expect([br, gzip, none, preferred].map(({ encoding }) => encoding)).toEqual(['br', 'gzip', undefined, 'gzip']);
    expect(JSON.parse(brotliDecompressSync(br.body).toString()).value).toBe(value);
    expect(JSON.parse(gunzipSync(gzip.body).toString()).value).toBe(value);
    expect(br.body.length).toBeLessThan(none.body.length / 10);
  });
});

it('topology and HEAD answer', async () => {
  const { body } = await api.ask('GET', '/cache/topology', undefined, { node: 1 });
  expect(body).toMatchObject({ region: 'eu', complete: true, node: 'quick-eu-s1-0' });
  expect((body.shards as { slots: unknown }[]).map(({ slots }) => slots)).toEqual([[[0, 8191]], [[8192, 16383]]]);
  await put('h', { value: 1 });
  const head = await api.ask('HEAD', '/cache/default/h');
  expect([head.status, head.headers.get('x-cache-hit'), head.text]).toEqual([200, 'true', '']);
});
