import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import { settingsFor } from '../../node/tenants/test-namespaces.ts';
import { respClient, type RespClient } from '../commands/resp-client.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from '../node/region-of-processes.ts';

let region: ProcessRegion;
let nodes: NodeProcess[];
const clients: RespClient[] = [];
/** These slots go from shard 0 to shard 1 and back. */
const last = 255;
const there = [{ from: 0, to: last, shard: 1 }, { from: last + 1, to: 8191, shard: 0 }, { from: 8192, to: 16383, shard: 1 }];
const back = [{ from: 0, to: 8191, shard: 0 }, { from: 8192, to: 16383, shard: 1 }];

const names = Array.from({ length: 40_000 }, (_, i) => `k${i}`).filter((name) => slotOfKey(Buffer.from(name)) <= last);
const tagged = `{${names[0]}}`;

async function client(shard: number): Promise<RespClient> {
  const one = await respClient(nodes[shard].ports.redis);
  clients.push(one);
  return one;
}

const tell = (): Promise<unknown> => Promise.all(nodes.map((node) => node.admin.targetsChanged()));

async function order(ranges: typeof there, rate?: number): Promise<void> {
  region.writeTargets(ranges, rate);
  await tell();
}

/** Nothing of any move is left, and the first slots are where they belong. */
async function over(shard: number): Promise<void> {
  await eventually(() => Promise.all(nodes.map((node) => node.admin.status())), (all) => region.map().moves.length === 0 && all.every((status) => status.moves?.length === 0) && region.map().ranges[0].shard === shard);
}

async function moveTo(shard: number): Promise<void> {
  await order(shard === 1 ? there : back);
  await over(shard);
}

const errorOf = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => (typeof part === 'object' && part !== null && (part as { type?: unknown }).type === 'Buffer' ? Buffer.from((part as { data: number[] }).data).toString('latin1') : part));

beforeAll(async () => {
  region = await startRegion({ shards: 2 });
  nodes = await Promise.all([0, 1].map((shard) => region.start(shard)));
  await Promise.all(nodes.map((node) => eventually(() => node.admin.status(), ({ role }) => role === 'primary')));
});

afterAll(async () => {
  for (const one of clients) one.close();
  await region.close();
});

describe('slots that move', { timeout: 300_000 }, () => {
  it('take types, encodings, expiries and large collections along', async () => {
    const [a, b] = [await client(0), await client(1)];
    const [string, raw, number, list, set, hash, zset, large, mortal, huge] = names;
    await a.askAll([
      ['set', string, 'x'.repeat(300)], ['append', raw, 'abc'], ['set', number, '12345'], ['rpush', list, 'a', 'b', 'c'], ['sadd', set, '1', '2', '3'], ['hset', hash, 'f', 'v', 'g', 'w'], ['zadd', zset, '1.5', 'm', '-2', 'n'],
      ['hset', large, ...Array.from({ length: 3_000 }, (_, i) => [`field-${i}`, `value ${i}`]).flat()], ['set', mortal, 'soon', 'px', '600000'],
    ]);
    // Larger than a frame of the bus.
    await a.ask('set', huge, Buffer.alloc(9 * 1024 * 1024, 'h'));
    const all = [string, raw, number, list, set, hash, zset, large, mortal];
    const look = async (from: RespClient): Promise<string> => errorOf(await from.askAll(all.flatMap((key) => [['type', key], ['object', 'encoding', key], ['pexpiretime', key], key === large || key === set ? ['hlen', large] : ['dump', key]])));
    const before = await look(a);
    await moveTo(1);
    expect(await look(b)).toBe(before);
    expect(errorOf(await b.ask('strlen', huge))).toContain(String(9 * 1024 * 1024));
    expect(errorOf(await b.ask('hget', large, 'field-2999'))).toContain('value 2999');
    expect(errorOf(await a.ask('get', string))).toContain(`MOVED ${slotOfKey(Buffer.from(string))} 127.0.0.1:${nodes[1].ports.redis}`);
    expect(errorOf(await a.ask('dbsize'))).toContain('0');
    await moveTo(0);
    expect(await look(a)).toBe(before);
    await a.ask('del', huge);
  });

  it('send on who is blocked, break watches, let near caches forget, end sharded subscriptions', async () => {
    const [watcher, blocked, tracking, listener] = [await client(0), await client(0), await client(0), await client(0)];
    const waited = `${tagged}waited`;
    await watcher.ask('set', `${tagged}watched`, '1');
    await watcher.ask('watch', `${tagged}watched`);
    await tracking.ask('hello', '3');
    await tracking.ask('client', 'tracking', 'on');
    await tracking.ask('get', `${tagged}watched`);
    await listener.ask('hello', '3');
    // Subscriptions are confirmed by pushes.
    listener.ask('ssubscribe', `${tagged}channel`).catch(() => undefined);
    await eventually(() => errorOf(listener.heard), (heard) => heard.includes('ssubscribe'));
    const answer = blocked.ask('blpop', waited, '0');
    await moveTo(1);
    expect(errorOf(await answer)).toContain('MOVED');
    await eventually(() => errorOf(tracking.heard), (heard) => heard.includes('invalidate'));
    await eventually(() => errorOf(listener.heard), (heard) => heard.includes('sunsubscribe'));
    await moveTo(0);
    // There and back between WATCH and EXEC: somebody may have written meanwhile.
    await watcher.ask('multi');
    await watcher.ask('set', `${tagged}watched`, '2');
    expect(errorOf(await watcher.ask('exec'))).not.toContain('OK');
    expect(errorOf(await watcher.ask('get', `${tagged}watched`))).toContain('1');
  });

  it('keep versions, times of writing and tags', async () => {
    const [a, b] = [await client(0), await client(1)];
    const document = { formatVersion: 1 as const, revision: 1, namespaces: [settingsFor('shop')], retired: [] };
    await Promise.all(nodes.map((node) => eventually(() => node.admin.applyNamespaces(document), (revision) => revision >= 1)));
    const [kept, red] = [`${tagged}kept`, `${tagged}red`];
    for (let i = 0; i < 3; i++) expect(errorOf(await a.ask('meridian.write', `shop:${kept}`, 'plain', 'BYTES'))).not.toContain('ERR');
    expect(errorOf(await a.ask('meridian.write', `shop:${red}`, 'labelled', 'BYTES', 'TAGS', '1', 'red'))).not.toContain('ERR');
    const look = async (): Promise<{ readonly value: string; readonly metadata: { readonly version: Readonly<Record<string, number>>; readonly created_at: unknown } }> =>
      (await (await fetch(`http://127.0.0.1:${nodes[1].ports.http}/api/v1/cache/shop/${encodeURIComponent(kept)}`)).json()) as Awaited<ReturnType<typeof look>>;
    const before = await eventually(look, ({ value }) => value === 'plain');
    await moveTo(1);
    const after = await look();
    expect([after.value, after.metadata.version, after.metadata.created_at]).toEqual([before.value, before.metadata.version, before.metadata.created_at]);
    // V1: the slot's versions go on where they were.
    await b.ask('meridian.write', `shop:${kept}`, 'changed', 'BYTES');
    expect((await look()).metadata.version.eu).toBeGreaterThan(before.metadata.version.eu);
    await b.ask('publish', 'shop:invalidate', 'tag red');
    await eventually(async () => errorOf(await b.ask('exists', `shop:${red}`)), (count) => count.includes('0'));
    expect(errorOf(await b.ask('get', `shop:${kept}`))).toContain('changed');
    await moveTo(0);
    await a.ask('del', `shop:${kept}`);
  });

  it('never ask clients to ASK, and understand those who do', async () => {
    const [a, b] = [await client(0), await client(1)];
    await a.ask('set', names[0], 'asked');
    const heard: string[] = [];
    let moving = true;
    const asking = (async () => {
      while (moving) for (const one of [a, b]) heard.push(errorOf(await one.askAll([['asking'], ['get', names[0]]])));
    })();
    await moveTo(1);
    moving = false;
    await asking;
    // Served, or sent to who serves: nothing else.
    expect(heard.filter((answer) => !answer.includes('asked') && !answer.includes('MOVED'))).toEqual([]);
    expect(errorOf(await b.askAll([['asking'], ['get', names[0]]]))).toContain('asked');
    await moveTo(0);
    await a.ask('del', names[0]);
  });

  it('let commands with several keys and transactions wait, never fail', async () => {
    const [a, b] = [await client(0), await client(1)];
    let running = true;
    let done = 0;
    const wrong: string[] = [];
    const write = (async () => {
      let to = a;
      for (let i = 0; running; i++) {
        const answers = i % 2 === 0 ? [await to.ask('mset', `${tagged}1`, String(i), `${tagged}2`, String(i))] : await to.askAll([['multi'], ['set', `${tagged}1`, String(i)], ['set', `${tagged}2`, String(i)], ['exec']]);
        const text = errorOf(answers);
        if (text.includes('MOVED')) to = to === a ? b : a;
        else if (!text.includes('OK')) wrong.push(text);
        else done += 1;
        const pair = errorOf(await to.ask('mget', `${tagged}1`, `${tagged}2`));
        const values = pair.match(/\d+(?=")/g) ?? [];
        if (!pair.includes('MOVED') && values[0] !== values[1]) wrong.push(`half of it: ${pair}`);
      }
    })();
    await moveTo(1);
    await moveTo(0);
    running = false;
    await write;
    expect(wrong).toEqual([]);
    expect(done).toBeGreaterThan(20);
  });

  it('stay when the move is cancelled, and nothing of it is left at the target', async () => {
    const a = await client(0);
    for (const name of names.slice(0, 400)) await a.ask('set', name, 'y'.repeat(2_000));
    const { version } = region.map();
    // So slow that nothing is ordered.
    await order(there, 20_000);
    await eventually(() => nodes[1].admin.status(), (status) => status.moves?.some(({ phase, bytesSent }) => phase === 'staging' && bytesSent > 0) === true);
    await order(back);
    await over(0);
    expect(region.map().version).toBe(version);
    const statuses = await Promise.all(nodes.map((node) => node.admin.status()));
    expect(statuses.map(({ slotsOwned }) => slotsOwned)).toEqual([8_192, 8_192]);
    expect(statuses[1].keys).toBe(0);
    expect(errorOf(await a.ask('strlen', names[399]))).toContain('2000');
  });

  it('stay where they are while the target has no memory for them, and lose nothing by the attempt', async () => {
    const [a, b] = [await client(0), await client(1)];
    const value = 'z'.repeat(50_000);
    for (const name of names.slice(0, 160)) await a.ask('set', name, value);
    await nodes[1].admin.applyConfig({ formatVersion: 1, revision: 5, memoryBytes: 24 * 1024 * 1024 });
    const filler = Array.from({ length: 20_000 }, (_, i) => `f${i}`).filter((name) => slotOfKey(Buffer.from(name)) > 8_191);
    for (let i = 0; !errorOf(await b.ask('set', filler[i], value)).includes('OOM'); i++);
    const { version } = region.map();
    await order(there);
    await eventually(() => nodes[0].admin.status(), (status) => status.moves?.some(({ waitsFor }) => waitsFor === 'memory in the target') === true);
    await order(back);
    await over(0);
    expect(region.map().version).toBe(version);
    expect(errorOf(await a.askAll(names.slice(0, 160).map((name) => ['strlen', name]))).match(/50000/g)?.length).toBe(160);
    await a.ask('flushall');
    await b.ask('flushall');
    await nodes[1].admin.applyConfig({ formatVersion: 1, revision: 6, memoryBytes: 64 * 1024 * 1024 });
  });

  it('begin anew when everything is deleted meanwhile', async () => {
    const a = await client(0);
    for (const name of names.slice(0, 200)) await a.ask('set', name, 'y'.repeat(2_000));
    await order(there, 20_000);
    await eventually(() => nodes[1].admin.status(), (status) => status.moves?.some(({ phase, bytesSent }) => phase === 'staging' && bytesSent > 0) === true);
    await a.ask('flushall');
    await a.ask('set', names[1], 'after');
    await moveTo(1);
    const b = await client(1);
    expect(errorOf(await b.ask('get', names[1]))).toContain('after');
    expect((await nodes[1].admin.status()).keys).toBe(1);
    await moveTo(0);
  });

  it('wait for a shard that is not there, and say so; targets that make no sense change nothing', async () => {
    await order([{ from: 0, to: last, shard: 9 }, ...back.map((range) => ({ ...range, from: Math.max(range.from, last + 1) }))]);
    const status = await eventually(() => nodes[0].admin.status(), ({ moves }) => moves?.[0]?.waitsFor !== undefined);
    expect(status.moves?.[0]).toMatchObject({ from: 0, source: 0, target: 9, phase: 'opening', waitsFor: 'the primary of the target to answer' });
    await order(back);
    await over(0);
    const generation = (await nodes[0].admin.status()).targetsGeneration;
    region.writeTargets([{ from: 0, to: 99, shard: 0 }, { from: 50, to: 200, shard: 1 }]);
    expect(await nodes[0].admin.targetsChanged()).toEqual({ generation });
    expect(region.map().moves).toEqual([]);
  });
});
