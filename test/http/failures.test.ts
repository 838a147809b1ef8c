import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import { eventually } from '../node/region-of-processes.ts';
import { startApiRegion, type ApiRegion } from './api-region.ts';

let api: ApiRegion;
beforeEach(async () => {
  api = await startApiRegion(2, () => ({ impatient: true }));
}, 60_000);
afterEach(() => api.close());

const names = Array.from({ length: 20 }, (_, i) => `key-${i}`);
const shardOf = (name: string): number => (slotOfKey(Buffer.from(name)) < 8192 ? 0 : 1);
const [ours, theirs] = [0, 1].map((shard) => names.filter((name) => shardOf(name) === shard));

describe('a shard whose node is gone', () => {
  it('is an error of its keys alone, and comes back', { timeout: 60_000 }, async () => {
    await api.ask('POST', '/cache/default/mset', { entries: names.map((key) => ({ key, value: key })) });
    await api.nodes[1].stop('SIGKILL');
    const answer = await api.ask('GET', `/cache/default/${theirs[0]}`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect((await api.ask('GET', `/cache/default/${ours[0]}`)).body.value).toBe(ours[0]);
    expect((await api.ask('PUT', `/cache/default/${theirs[0]}`, { value: 1 })).status).toBe(503);

    const many = await api.ask('POST', '/cache/default/mget', { keys: names });
    expect(many).toMatchObject({ status: 207, body: { hits: ours.length, misses: 0 } });
    expect(Object.keys(many.body.errors as object).toSorted()).toEqual(theirs.toSorted());
    expect(await api.ask('POST', '/cache/default/mset', { entries: names.map((key) => ({ key, value: 2 })) })).toMatchObject({ status: 207, body: { success: false, stored: ours.length } });
    expect((await api.ask('POST', '/cache/default/mget', { keys: theirs })).status).toBe(503);
    expect((await api.ask('GET', '/cache/default/stats')).status).toBe(207);
    expect(await api.ask('DELETE', '/cache/default')).toMatchObject({ status: 207, body: { success: false, deleted_count: ours.length } });

    const publisher = new Redis(api.nodes[0].ports.redis, '127.0.0.1');
    await publisher.publish('default:invalidate', 'pattern key-*').finally(() => publisher.disconnect());
    const records = await eventually(() => api.nodes[0].records.filter(({ message, kind }) => message === 'an invalidation did not reach all shards' && kind === 'pattern'), (found) => found.length > 0);
    expect(records[0]).toMatchObject({ namespace: 'default', shards: [1] });

    await api.region.start(1, 0, { ports: api.nodes[1].ports, podUid: 'uid-quick-eu-s1-0' });
    expect((await eventually(() => api.ask('PUT', `/cache/default/${theirs[0]}`, { value: 'back' }), ({ status }) => status < 300)).body.success).toBe(true);
    expect((await api.ask('GET', `/cache/default/${theirs[0]}`)).body.value).toBe('back');
  });

  it('that hangs is a time-out of its keys, while others are served', { timeout: 60_000 }, async () => {
    await api.ask('PUT', `/cache/default/${theirs[0]}`, { value: 1 });
    api.nodes[1].child.kill('SIGSTOP');
    const slow = api.ask('GET', `/cache/default/${theirs[0]}`);
    expect((await api.ask('PUT', `/cache/default/${ours[0]}`, { value: 1 })).status).toBe(201);
    expect([503, 504]).toContain((await slow).status);
    api.nodes[1].child.kill('SIGCONT');
    await eventually(() => api.ask('PUT', `/cache/default/${theirs[0]}`, { value: 2 }), ({ status }) => status < 300);
  });
});
