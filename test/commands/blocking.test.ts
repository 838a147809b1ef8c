import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { respClient, type RespClient } from './resp-client.ts';
import { startRealRedis } from './real-redis.ts';
import { show } from './resp-values.ts';
import { startNode } from '../protocol/start-node.ts';

/** The same scenes before our node and before a real Redis: what each client hears must be the same. */
interface Stage {
  readonly port: number;
  stop(): Promise<void>;
}

const stages: readonly [string, () => Promise<Stage>][] = [
  [
    'our node',
    async () => {
      const node = await startNode();
      return { port: node.port, stop: async () => (await node.server.stop(), expect(node.node.server.statistics.unexpectedErrors).toBe(0)) };
    },
  ],
  ['redis-server', startRealRedis],
];

describe.each(stages)('clients that wait, before %s', (_name, start) => {
  let stage: Stage;
  let clients: RespClient[];
  let driver: RespClient;
  beforeAll(async () => {
    stage = await start();
  });
  afterAll(() => stage.stop());
  beforeEach(async () => {
    for (const client of clients ?? []) client.close();
    clients = [];
    driver = await client();
    await driver.ask('FLUSHALL');
  });

  async function client(): Promise<RespClient> {
    const one = await respClient(stage.port);
    clients.push(one);
    return one;
  }

  /** Sends a command that waits; resolves when the server holds it. */
  async function waits(line: string, resp: 2 | 3 = 2): Promise<{ readonly reply: Promise<string>; readonly id: string; readonly client: RespClient }> {
    const one = await client();
    if (resp === 3) await one.ask('HELLO', '3');
    const id = show(await one.ask('CLIENT', 'ID')).replaceAll(/\D/g, '');
    const reply = one.ask(...line.split(' ')).then(show);
    while (!show(await driver.ask('CLIENT', 'LIST', 'ID', id)).includes('flags=b')) await new Promise((resolve) => setImmediate(resolve));
    return { reply, id, client: one };
  }

  const say = async (line: string): Promise<string> => show(await driver.ask(...line.split(' ')));

  it('BLPOP takes what is pushed, and the list is gone', async () => {
    const a = await waits('BLPOP {k}1 {k}2 0');
    expect(await say('RPUSH {k}2 x')).toBe(':"1"');
    expect(await a.reply).toBe('*[$"{k}2" $"x"]');
    expect(await say('EXISTS {k}2')).toBe(':"0"');
  });

  it('who came first is served first', async () => {
    const a = await waits('BLPOP {k}1 0');
    const b = await waits('BRPOP {k}1 0');
    const c = await waits('BLPOP {k}1 0');
    expect(await say('RPUSH {k}1 x y')).toBe(':"2"');
    expect(await a.reply).toBe('*[$"{k}1" $"x"]');
    expect(await b.reply).toBe('*[$"{k}1" $"y"]');
    await say('RPUSH {k}1 z');
    expect(await c.reply).toBe('*[$"{k}1" $"z"]');
  });

  it('times out with a null', async () => {
    const a = await waits('BLPOP {k}1 0.01');
    const b = await waits('BLMOVE {k}1 {k}2 LEFT LEFT 0.01');
    const c = await waits('BZPOPMIN {k}1 0.01', 3);
    const d = await waits('BLMPOP 0.01 1 {k}1 LEFT');
    expect(await a.reply).toBe('nil-array');
    expect(await b.reply).toMatch(/^nil(-array)?$/);
    expect(await c.reply).toBe('nil');
    expect(await d.reply).toBe('nil-array');
  });

  it('an element that a transaction puts and takes away wakes nobody', async () => {
    const a = await waits('BLPOP {k}1 0');
    for (const line of ['MULTI', 'RPUSH {k}1 x', 'DEL {k}1', 'EXEC']) await say(line);
    for (const line of ['MULTI', 'RPUSH {k}1 x', 'DEL {k}1', 'SET {k}1 string', 'EXEC']) await say(line);
    await say('DEL {k}1');
    await say('RPUSH {k}1 y');
    expect(await a.reply).toBe('*[$"{k}1" $"y"]');
  });

  it('is served behind the transaction, from what it left', async () => {
    const a = await waits('BLPOP {k}1 0');
    for (const line of ['MULTI', 'RPUSH {k}1 x', 'RPUSH {k}1 y', 'LPOP {k}1', 'EXEC']) await say(line);
    expect(await a.reply).toBe('*[$"{k}1" $"y"]');
  });

  it('a sorted set is not for who waits for a list', async () => {
    const list = await waits('BLPOP {k}1 0');
    const zset = await waits('BZPOPMAX {k}1 0');
    await say('ZADD {k}1 1 a 2 b');
    expect(await zset.reply).toBe('*[$"{k}1" $"b" $"2"]');
    await say('DEL {k}1');
    await say('LPUSH {k}1 x');
    expect(await list.reply).toBe('*[$"{k}1" $"x"]');
  });

  it('BLMOVE hands on to who waits for the target', async () => {
    const last = await waits('BLPOP {k}3 0');
    const middle = await waits('BRPOPLPUSH {k}2 {k}3 0');
    const first = await waits('BLMOVE {k}1 {k}2 RIGHT LEFT 0');
    expect(await say('RPUSH {k}1 x')).toBe(':"1"');
    expect(await first.reply).toBe('$"x"');
    expect(await middle.reply).toBe('$"x"');
    expect(await last.reply).toBe('*[$"{k}3" $"x"]');
    expect(await say('EXISTS {k}1 {k}2 {k}3')).toBe(':"0"');
  });

  it('BLMOVE to what is no list fails when it is served, and the element stays', async () => {
    await say('SET {k}2 string');
    const a = await waits('BLMOVE {k}1 {k}2 LEFT LEFT 0');
    await say('RPUSH {k}1 x');
    expect(await a.reply).toBe('-"WRONGTYPE Operation against a key holding the wrong kind of value"');
    expect(await say('LRANGE {k}1 0 -1')).toBe('*[$"x"]');
  });

  it('a list that turns round on itself', async () => {
    const a = await waits('BRPOPLPUSH {k}1 {k}1 0');
    await say('RPUSH {k}1 x');
    expect(await a.reply).toBe('$"x"');
    expect(await say('LRANGE {k}1 0 -1')).toBe('*[$"x"]');
  });

  it('BLMPOP and BZMPOP take several', async () => {
    const list = await waits('BLMPOP 0 2 {k}1 {k}2 RIGHT COUNT 2');
    await say('RPUSH {k}2 a b c');
    expect(await list.reply).toBe('*[$"{k}2" *[$"c" $"b"]]');
    const zset = await waits('BZMPOP 0 2 {k}1 {k}3 MIN COUNT 5', 3);
    await say('ZADD {k}3 1.5 a 2 b');
    expect(await zset.reply).toBe('*[$"{k}3" *[*[$"a" ,"1.5"] *[$"b" ,"2"]]]');
  });

  it('RENAME and COPY bring a list to who waits', async () => {
    const a = await waits('BLPOP {k}1 0');
    await say('RPUSH {k}2 x y');
    await say('COPY {k}2 {k}1');
    expect(await a.reply).toBe('*[$"{k}1" $"x"]');
    await say('DEL {k}1');
    const b = await waits('BLPOP {k}1 0');
    await say('RENAME {k}2 {k}1');
    expect(await b.reply).toBe('*[$"{k}1" $"x"]');
  });

  it('CLIENT UNBLOCK and a client that goes', async () => {
    const a = await waits('BLPOP {k}1 0');
    const b = await waits('BLPOP {k}1 0');
    const gone = await waits('BLPOP {k}1 0');
    expect(await say(`CLIENT UNBLOCK ${a.id} TIMEOUT`)).toBe(':"1"');
    expect(await a.reply).toBe('nil-array');
    expect(await say(`CLIENT UNBLOCK ${b.id} ERROR`)).toBe(':"1"');
    expect(await b.reply).toBe('-"UNBLOCKED client unblocked via CLIENT UNBLOCK"');
    expect(await say(`CLIENT UNBLOCK ${a.id}`)).toBe(':"0"');
    const ended = gone.reply.catch(() => 'closed');
    gone.client.close();
    expect(await ended).toBe('closed');
    while (show(await driver.ask('CLIENT', 'LIST')).includes(`id=${gone.id} `)) await new Promise((resolve) => setImmediate(resolve));
    expect(await say('RPUSH {k}1 x')).toBe(':"1"');
    expect(await say('LRANGE {k}1 0 -1')).toBe('*[$"x"]');
  });

  it('what the served command changes invalidates behind its reply', async () => {
    const tracking = await client();
    for (const line of ['HELLO 3', 'CLIENT TRACKING ON', 'RPUSH {k}2 a', 'LRANGE {k}2 0 -1']) await tracking.ask(...line.split(' '));
    const reply = tracking.ask('BLMOVE', '{k}1', '{k}2', 'LEFT', 'LEFT', '0').then(show);
    while (!show(await driver.ask('CLIENT', 'LIST')).match(/flags=\w*b/)) await new Promise((resolve) => setImmediate(resolve));
    await say('RPUSH {k}1 x');
    expect(await reply).toBe('$"x"');
    expect(show(await tracking.ask('PING'))).toBe('+"PONG"');
    expect(tracking.heard.slice(-3).map(show)).toEqual(['$"x"', '>[$"invalidate" *[$"{k}2"]]', '+"PONG"']);
  });

  it('is in the slow log once, when it has been served', async () => {
    await say('CONFIG SET slowlog-log-slower-than 0');
    await say('SLOWLOG RESET');
    const a = await waits('BLPOP {k}1 0');
    await say('RPUSH {k}1 x');
    await a.reply;
    const log = await say('SLOWLOG GET -1');
    await say('CONFIG SET slowlog-log-slower-than 10000');
    expect(log.match(/\$"BLPOP" \$"\{k\}1"/g)).toHaveLength(1);
    expect(log.indexOf('BLPOP')).toBeLessThan(log.indexOf('RPUSH'));
  });

  it('nothing waits inside a transaction', async () => {
    for (const line of ['MULTI', 'BLPOP {k}1 0', 'BLMOVE {k}1 {k}2 LEFT LEFT 0', 'BZPOPMIN {k}1 0', 'BLMPOP 0 1 {k}1 LEFT']) await say(line);
    expect(await say('EXEC')).toBe('*[nil-array nil nil-array nil-array]');
  });

  it('what was sent behind a waiting command runs when it is done', async () => {
    const a = await waits('BLPOP {k}1 0');
    const behind = a.client.ask('RPUSH', '{k}2', 'y').then(show);
    await say('RPUSH {k}1 x');
    expect(await a.reply).toBe('*[$"{k}1" $"x"]');
    expect(await behind).toBe(':"1"');
  });

  it('refuses a timeout that is none', async () => {
    expect(await say('BLPOP {k}1 x')).toBe('-"ERR timeout is not a float or out of range"');
    expect(await say('BLPOP {k}1 -1')).toBe('-"ERR timeout is negative"');
    expect(await say('BZPOPMIN {k}1 1e30')).toBe('-"ERR timeout is negative"');
  });
});
