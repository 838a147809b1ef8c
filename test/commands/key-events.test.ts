import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RespClient } from './resp-client.ts';
import { show } from './resp-values.ts';
import { startPair, type Pair } from './side-by-side.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(async () => {
  expect(pair.node.node.server.statistics.unexpectedErrors).toBe(0);
  await pair.stop();
});

async function hears(listener: RespClient, word: string): Promise<void> {
  while (!listener.heard.some((value) => show(value).includes(word))) await new Promise((resolve) => setImmediate(resolve));
}

/** What a listener to all notifications hears of these commands. */
async function heardOf(classes: string, lines: readonly string[], client: RespClient, listener: RespClient): Promise<readonly string[]> {
  await client.ask('FLUSHALL');
  await client.ask('CONFIG', 'SET', 'notify-keyspace-events', classes);
  await listener.ask('HELLO', '3');
  // Over RESP3 it is answered by a push.
  listener.ask('PSUBSCRIBE', '__key*').catch(() => {});
  await hears(listener, 'psubscribe');
  for (const line of lines) await client.ask(...line.split(' '));
  await client.ask('CONFIG', 'SET', 'notify-keyspace-events', '');
  await client.ask('PUBLISH', '__key-end', 'end');
  await hears(listener, '__key-end');
  return listener.heard.map(show).filter((text) => text.includes('pmessage') && !text.includes('__key-end'));
}

async function bothHear(classes: string, lines: readonly string[]): Promise<readonly string[]> {
  const listeners = await pair.another();
  const [ours, theirs] = await Promise.all([heardOf(classes, lines, pair.ours, listeners.ours), heardOf(classes, lines, pair.theirs, listeners.theirs)]);
  listeners.ours.close();
  listeners.theirs.close();
  expect(ours).toEqual(theirs);
  return ours;
}

describe('keyspace notifications', () => {
  it('of keys that are new', async () => {
    const heard = await bothHear('En', ['SET a 1', 'SET a 2', 'HSET h f v', 'HSET h g v', 'RPUSH {l}1 x', 'LMOVE {l}1 {l}2 LEFT LEFT', 'ZADD z 1 m', 'SADD s m', 'APPEND p x', 'INCR n', 'RENAME {l}2 {l}3', 'COPY {l}3 {l}4', 'PFADD f a', 'SETBIT b 7 1', 'DEL a', 'SET a 1']);
    expect(heard).toHaveLength(13);
  });

  it('of what commands do, in the order of Redis', async () => {
    await bothHear('KEA', [
      'SET a 1 EX 100', 'GETEX a PERSIST', 'EXPIRE a 100', 'PERSIST a', 'INCRBYFLOAT a 1.5', 'GETSET a x', 'SETRANGE a 3 y', 'GETDEL a', 'MSET {m}1 1 {m}2 2', 'RENAME {m}1 {m}3', 'COPY {m}3 {m}1', 'HSET h f 1 g 2', 'HINCRBY h f 1',
      'HDEL h f g', 'RPUSH l a b c', 'LSET l 0 x', 'LINSERT l BEFORE b y', 'LTRIM l 0 1', 'LPOP l 5', 'SADD {s}1 a b', 'SMOVE {s}1 {s}2 a', 'SUNIONSTORE {s}3 {s}1 {s}2', 'SPOP {s}3 5', 'ZADD {z}1 1 a 2 b', 'ZINCRBY {z}1 1 a', 'ZPOPMIN {z}1',
      'ZUNIONSTORE {z}2 1 {z}1', 'ZREMRANGEBYSCORE {z}2 -inf inf', 'SORT l STORE l', 'SETBIT b 1 1', 'BITOP NOT b b', 'PFADD p a', 'UNLINK p b', 'EXPIRE {z}1 -1',
    ]);
  });
});

describe('CLIENT TRACKING', () => {
  async function toldOfExpiry(client: RespClient, mode: string): Promise<readonly string[]> {
    await client.askAll([['HELLO', '3'], ['CLIENT', 'TRACKING', 'ON', ...mode.split(' ')], ['SET', 'passing', '1', 'PX', '20'], ['GET', 'passing'], ['SET', 'own', '1'], ['GET', 'own'], ['SET', 'own', '2']]);
    while (show(await client.ask('GET', 'passing')) !== 'nil') await new Promise((resolve) => setImmediate(resolve));
    while (!client.heard.some(({ type }) => type === '>')) await client.ask('PING');
    await client.ask('PING');
    client.close();
    return client.heard.filter(({ type }) => type === '>').map(show);
  }

  it('tells who flushes everything behind the reply', async () => {
    const told = async (client: RespClient): Promise<readonly string[]> => {
      for (const line of ['HELLO 3', 'CLIENT TRACKING ON', 'SET a 1', 'GET a', 'MULTI', 'FLUSHDB', 'EXEC', 'FLUSHALL', 'PING']) await client.ask(...line.split(' '));
      client.close();
      return client.heard.slice(4).map(show);
    };
    const { ours, theirs } = await pair.another();
    const [heard, right] = await Promise.all([told(ours), told(theirs)]);
    expect(heard).toEqual(right);
    expect(heard.slice(-5)).toEqual(['*[+"OK"]', '>[$"invalidate" nil]', '+"OK"', '>[$"invalidate" nil]', '+"PONG"']);
  });

  it('tells a client with BCAST and NOLOOP of a key that expired under itself', async () => {
    const { ours, theirs } = await pair.another();
    expect(await Promise.all([toldOfExpiry(ours, 'BCAST NOLOOP'), toldOfExpiry(theirs, 'BCAST NOLOOP')])).toEqual([['>[$"invalidate" *[$"passing"]]'], ['>[$"invalidate" *[$"passing"]]']]);
  });

  it('tells one with NOLOOP too: a key that its command evicted is no change of its own (Redis is silent there)', async () => {
    expect(await toldOfExpiry((await pair.another()).ours, 'NOLOOP')).toEqual(['>[$"invalidate" *[$"passing"]]']);
  });
});

describe('CLIENT PAUSE', () => {
  it('hides what has expired and keeps it until the pause is over', async () => {
    const removed = async (client: RespClient): Promise<readonly string[]> => {
      const expired = async (): Promise<number> => Number(/expired_keys:(\d+)/.exec(show(await client.ask('INFO', 'stats')))?.[1]);
      const before = await expired();
      await client.askAll([['MULTI'], ['SET', '{t}a', '1', 'PX', '5'], ['SET', '{t}b', '1', 'PX', '5'], ['CLIENT', 'PAUSE', '100000', 'WRITE'], ['EXEC']]);
      while (show(await client.ask('MGET', '{t}a', '{t}b')) !== '*[nil nil]') await new Promise((resolve) => setImmediate(resolve));
      const during = (await expired()) - before;
      await client.ask('CLIENT', 'UNPAUSE');
      await client.ask('MGET', '{t}a', '{t}b');
      return [`${during} during the pause`, `${(await expired()) - before} behind it`];
    };
    const [ours, theirs] = await Promise.all([removed(pair.ours), removed(pair.theirs)]);
    expect(ours).toEqual(theirs);
    expect(ours).toEqual(['0 during the pause', '2 behind it']);
  });
});
