import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NamespaceSettings } from '../../shared/namespaces/document.ts';
import { eventually } from '../node/region-of-processes.ts';
import { startApiRegion, type ApiAnswer, type ApiRegion } from './api-region.ts';

const webhookToken = 'webhook-token-0001';
const settings = (name: string, change: Partial<NamespaceSettings> = {}): NamespaceSettings =>
  ({ name, uid: `uid-${name}`, tenant: name, consistency: 'eventual', ttlJitterPercent: 0, slidingExpiry: false, maxValueBytes: 1_048_576, quota: {}, trackAccess: false, access: [], ...change });

let api: ApiRegion;
beforeAll(async () => {
  api = await startApiRegion(2);
  const namespaces = [
    settings('shop', { defaultTtlMs: 600_000, maxTtlMs: 1_200_000, invalidation: { pattern: 'page-*', webhookTokenSha256: createHash('sha256').update(webhookToken).digest('hex') } }),
    settings('stale', { staleWhileRevalidateMs: 600_000 }),
    settings('slow', { quota: { opsPerSecond: 5 } }),
    settings('paid', { quota: { egressBytesPerSecond: 50_000 } }),
    settings('few', { quota: { connections: 4 } }),
    settings('small', { quota: { memoryBytes: 100_000 }, eviction: 'noeviction', maxValueBytes: 200_000 }),
  ];
  await Promise.all(api.nodes.map((node) => node.admin.applyNamespaces({ formatVersion: 1, revision: 1, namespaces, retired: [] })));
}, 60_000);
afterAll(() => api.close());

const put = (path: string, body: object, node = 0) => api.ask('PUT', `/cache/${path}`, body, { node });
const get = (path: string, node = 0) => api.ask('GET', `/cache/${path}`, undefined, { node });
const names = Array.from({ length: 10 }, (_, i) => `k${i}`);

describe('a namespace', () => {
  it('gives its keys its lives, and its prefix to Redis clients', async () => {
    await put('shop/default', { value: 1 });
    await put('shop/long', { value: 1, ttl: 10_000 });
    const ttlOf = async (key: string) => ((await get(`shop/${key}`)).body.metadata as { ttl_remaining: number }).ttl_remaining;
    const [life, longest] = [await ttlOf('default'), await ttlOf('long')];
    expect([life > 400, life <= 600, longest > 900, longest <= 1_200]).toEqual([true, true, true, true]);
    expect((await get('default/shop:default')).body.code).toBe('INVALID_KEY');
  });

  it('is counted by itself', async () => {
    await put('stale/counted', { value: 1 });
    const before = (await get('stale/stats')).body as Record<string, number>;
    for (const key of ['counted', 'counted', 'none']) await get(`stale/${key}`);
    const after = (await get('stale/stats', 1)).body as Record<string, number>;
    expect([after.hits - before.hits, after.misses - before.misses]).toEqual([2, 1]);
  });

  it('is flushed by tag, by pattern, and as a whole, without touching others', async () => {
    for (const [i, name] of names.entries()) await put(`shop/${name}`, { value: i, ttl: 600, tags: i % 2 === 0 ? ['even', 'all'] : ['all'] }, i % 2);
    await put('stale/k0', { value: 'other', tags: ['even'] });
    const tagged = await get('shop/k0', 1);
    expect([tagged.headers.get('surrogate-key'), tagged.headers.get('cache-tag'), (tagged.body.metadata as { tags: string[] }).tags]).toEqual(['even all', 'even,all', ['even', 'all']]);
    expect((await api.ask('DELETE', '/cache/shop?tag=even')).body).toEqual({ success: true, deleted_count: 5 });
    expect((await get('shop/k1')).status).toBe(200);
    expect((await api.ask('DELETE', '/cache/shop?pattern=k[13]')).body.deleted_count).toBe(2);
    expect((await api.ask('DELETE', '/cache/shop')).status).toBe(200);
    expect((await get('shop/k5')).status).toBe(404);
    expect((await get('stale/k0')).body.value).toBe('other');
  });

  it('takes what depends on a key with it, also when a webhook says so', async () => {
    await put('shop/base', { value: 1 });
    await put('shop/page', { value: 'made of base', depends_on: ['base'] });
    const hook = (token: string, body: object) => api.ask('POST', '/cache/shop/invalidate', body, { headers: { authorization: `Bearer ${token}` } });
    expect((await hook(webhookToken, { key: 'base' })).status).toBe(200);
    await eventually(() => get('shop/page'), ({ status }) => status === 404);
    expect((await hook(webhookToken, { key: 'base', tag: 'a' })).body.code).toBe('INVALID_REQUEST');
    for (const key of ['page-a', 'page-b', 'user-a']) await put(`shop/${key}`, { value: 1 });
    // What the spec names goes where nothing else is named.
    expect((await hook(webhookToken, {})).body).toEqual({ success: true, deleted_count: 2 });
    expect((await get('shop/user-a')).status).toBe(200);
  });
});

it('a key counts with the prefix of its namespace', async () => {
  const longest = 'k'.repeat(64 * 1024 - 'shop:'.length);
  expect((await put(`shop/${longest}`, { value: 1 })).status).toBe(201);
  expect((await get(`shop/${longest}`, 1)).status).toBe(200);
  for (const answer of [await put(`shop/${longest}k`, { value: 1 }), await get(`shop/${longest}k`), await api.ask('POST', '/cache/shop/mget', { keys: [`${longest}k`] })]) expect(answer).toMatchObject({ status: 400, body: { code: 'KEY_TOO_LARGE' } });
});

describe('fill tokens', () => {
  it('let one caller fill, and the others wait for the value', async () => {
    const first = await get('shop/page-1?fill=1&wait_ms=0', 1);
    expect(first).toMatchObject({ status: 404, body: { code: 'NOT_FOUND', expires_in_ms: 30_000 } });
    const waiting = [0, 1, 0].map((node) => get('shop/page-1?fill=1&wait_ms=10000', node));
    expect((await put('shop/page-1', { value: 'filled', fill_token: first.body.fill_token })).status).toBe(201);
    expect((await Promise.all(waiting)).map(({ status, body }) => [status, body.value])).toEqual([[200, 'filled'], [200, 'filled'], [200, 'filled']]);
    expect(await put('shop/page-1', { value: 'late', fill_token: first.body.fill_token })).toMatchObject({ status: 409, body: { code: 'FILL_VOIDED' } });
  });

  it('are voided by a delete', async () => {
    const { body } = await get('shop/page-2?fill=1');
    await api.ask('DELETE', '/cache/shop/page-2');
    expect((await put('shop/page-2', { value: 'stale', fill_token: body.fill_token })).status).toBe(409);
    expect((await get('shop/page-2')).status).toBe(404);
  });

  it('go with the stale value to the others', async () => {
    await put('stale/old', { value: 'old', ttl: 0.1 });
    await eventually(() => get('stale/old'), ({ status }) => status === 404);
    const first = await get('stale/old?fill=1');
    expect(typeof first.body.fill_token).toBe('string');
    expect(await get('stale/old?fill=1', 1)).toMatchObject({ status: 200, body: { value: 'old', stale: true } });
  });
});

describe('quotas', () => {
  it('of operations answer 429 and when to come back', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => put(`slow/k${i}`, { value: i }, i % 2)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(20);
    expect(refused.every(({ headers, body }) => Number(headers.get('retry-after')) >= 1 && body.code === 'QUOTA_RATE')).toBe(true);
    await eventually(() => put('slow/k1', { value: 1 }), ({ status }) => status < 300);
  });

  it('of egress count headers and bodies of answers, whichever node gives them', async () => {
    expect((await put('paid/k', { value: 'x'.repeat(5_000) })).status).toBe(201);
    const begin = performance.now();
    let sent = 0;
    let refusal: ApiAnswer | undefined;
    for (let i = 0; refusal === undefined; i++) {
      // As it is: a packed answer is shorter than its text.
      const answer = await api.ask('GET', '/cache/paid/k', undefined, { node: i % 2, headers: { 'accept-encoding': 'identity' } });
      if (answer.status === 429) refusal = answer;
      else sent += answer.text.length;
    }
    expect(refusal.body).toMatchObject({ code: 'QUOTA_RATE', error: expect.stringContaining('egress quota of namespace') });
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    // A burst is a second's worth; what a reply takes too much is paid back by the next.
    expect(sent).toBeLessThan(50_000 * (1 + (performance.now() - begin) / 1_000) + 2 * 6_000);
    expect((await get('paid/stats')).status).toBe(200);
    await eventually(() => get('paid/k'), ({ status }) => status === 200);
  });

  it('of connections hold for keep-alive connections of HTTP', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    const asked = (): Promise<readonly number[]> => Promise.all(Array.from({ length: 20 }, () => new Promise<number>((resolve, reject) => {
      request(`${api.url()}/api/v1/cache/few/k`, { agent }, (answer) => answer.resume().once('end', () => resolve(answer.statusCode ?? 0))).once('error', reject).end();
    })));
    const served = (statuses: readonly number[]): number => statuses.filter((status) => status === 404).length;
    // Parts follow the use: in the end this node has all four, and never more.
    const most = await eventually(async () => served(await asked()), (count) => count >= 4);
    expect(most).toBe(4);
    expect((await asked()).every((status) => status === 404 || status === 429)).toBe(true);
    agent.destroy();
    await eventually(() => get('few/k', 1), ({ status }) => status === 404);
  });

  it('of memory answer 507', async () => {
    const value = 'x'.repeat(10_000);
    const answers = [];
    for (let i = 0; i < 30; i++) answers.push(await put(`small/k${i}`, { value }));
    expect(answers.filter(({ status }) => status === 507).at(-1)?.body).toMatchObject({ error: 'Storage quota exceeded', tier: 'warm' });
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(2);
  });
});
