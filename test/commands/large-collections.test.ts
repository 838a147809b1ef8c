import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare, propertyTimeoutMs, runs, speak, startPair, type Command, type Pair } from './side-by-side.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
  await speak(pair, 2);
});
afterAll(async () => {
  expect(pair.node.node.server.statistics.unexpectedErrors).toBe(0);
  await pair.stop();
});

/** Long ways through collections of hundreds of elements: parts are split, emptied and put together on the way. */
const commands = 1200;
const elements = 400;

interface Draw {
  readonly below: (limit: number) => number;
  readonly name: () => string;
}

const ways: readonly [string, (draw: Draw) => Command, readonly Command[]][] = [
  [
    'a sorted set',
    ({ below, name }) => {
      const kind = below(10);
      if (kind < 5) return ['ZADD', 'k', String(below(60) / 4), name()];
      if (kind < 7) return ['ZREM', 'k', name(), name()];
      if (kind === 7) return ['ZRANK', 'k', name()];
      if (kind === 8) return ['ZRANGE', 'k', String(below(elements)), String(below(elements)), 'WITHSCORES'];
      return below(8) === 0 ? ['ZREMRANGEBYRANK', 'k', String(below(elements)), String(below(elements))] : ['ZCOUNT', 'k', String(below(15)), `(${below(15)}`];
    },
    [['ZCARD', 'k'], ['ZRANGE', 'k', '0', '-1', 'WITHSCORES'], ['ZREVRANGE', 'k', '0', '-1'], ['ZPOPMIN', 'k', '100'], ['ZPOPMAX', 'k', '1000'], ['EXISTS', 'k']],
  ],
  [
    'a list',
    ({ below, name }) => {
      const kind = below(12);
      if (kind < 4) return ['RPUSH', 'k', ...Array.from({ length: 8 }, name)];
      if (kind < 6) return ['LPUSH', 'k', name(), name(), 'x'.repeat(below(5000))];
      if (kind === 6) return ['LINSERT', 'k', below(2) === 0 ? 'BEFORE' : 'AFTER', name(), 'y'.repeat(below(300))];
      if (kind === 7) return ['LSET', 'k', String(below(elements)), 'z'.repeat(below(600))];
      if (kind === 8) return ['LREM', 'k', String(below(5) - 2), name()];
      if (kind === 9) return ['LPOS', 'k', name(), 'COUNT', '3', 'RANK', String(below(2) === 0 ? -1 : 1)];
      if (kind === 10) return ['LINDEX', 'k', String(below(elements) - 200)];
      return below(6) === 0 ? ['LTRIM', 'k', String(below(30)), String(-below(30))] : [below(2) === 0 ? 'LPOP' : 'RPOP', 'k', String(below(20))];
    },
    [['LLEN', 'k'], ['LRANGE', 'k', '0', '-1'], ['RPOP', 'k', '10000'], ['EXISTS', 'k']],
  ],
  [
    'a hash',
    ({ below, name }) => {
      const kind = below(8);
      if (kind < 4) return ['HSET', 'k', name(), 'v'.repeat(below(200)), name(), String(below(1000))];
      if (kind < 6) return ['HDEL', 'k', name(), name()];
      return kind === 6 ? ['HGET', 'k', name()] : ['HSTRLEN', 'k', name()];
    },
    [['HLEN', 'k'], ['HGETALL', 'k'], ['HSCAN', 'k', '0', 'COUNT', '10000']],
  ],
  [
    'a set',
    ({ below, name }) => {
      const kind = below(8);
      if (kind < 4) return ['SADD', 'k', name(), name(), String(below(100_000))];
      if (kind < 6) return ['SREM', 'k', name(), name()];
      return kind === 6 ? ['SISMEMBER', 'k', name()] : ['SMOVE', 'k', 'k', name()];
    },
    [['SCARD', 'k'], ['SMEMBERS', 'k'], ['SSCAN', 'k', '0', 'COUNT', '10000']],
  ],
];

describe.each(ways)('%s of hundreds of elements', (_name, next, readings) => {
  it('is as in Redis', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(0x7fffffff)), async (numbers) => {
        const below = (limit: number): number => (numbers.next().value as number) % limit;
        const draw: Draw = { below, name: () => `m${below(elements)}` };
        await compare(pair, [...Array.from({ length: commands }, () => next(draw)), ...readings]);
      }),
      { numRuns: runs(8), endOnFailure: true },
    );
  }, propertyTimeoutMs);
});
