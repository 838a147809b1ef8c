import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Word } from './resp-client.ts';
import { compare, comparable, runs, startPair, type Command, type Pair } from './side-by-side.ts';
import { command, oneOf, perhaps, together, word } from './words.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
  await pair.theirs.ask('CONFIG', 'SET', 'rdbcompression', 'no');
});
afterAll(async () => {
  expect(pair.node.node.server.statistics.unexpectedErrors).toBe(0);
  await pair.stop();
});

const integers = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), ...[8n, 13n, 16n, 24n, 32n].map((bits) => fc.bigInt({ min: -(1n << bits), max: 1n << bits }))).map(String);
const element: fc.Arbitrary<Word> = fc.oneof(integers, fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes)), oneOf('', 'x'.repeat(63), 'x'.repeat(64), 'y'.repeat(200), 'z'.repeat(4096)));
const elements = fc.uniqueArray(element, { minLength: 1, maxLength: 20, selector: (one) => one.toString() });
const doubles = fc.oneof(fc.double({ noNaN: true }).map(String).map((text) => text.replace('Infinity', 'inf')), integers);
const key = '{t}v';

/** Commands that make one value of each type and encoding. */
const values: Readonly<Record<string, fc.Arbitrary<Command>>> = {
  strings: fc.oneof(element, oneOf('a'.repeat(20_000))).map((value) => ['SET', key, value]),
  lists: elements.map((list) => ['RPUSH', key, ...list]),
  'sets of integers': fc.uniqueArray(integers, { minLength: 1, maxLength: 40 }).map((members) => ['SADD', key, ...members]),
  sets: elements.map((members) => ['SADD', key, ...members]),
  hashes: fc.uniqueArray(fc.tuple(element, element), { minLength: 1, maxLength: 20, selector: ([field]) => field.toString() }).map((fields) => ['HSET', key, ...fields.flat()]),
  'sorted sets': fc.uniqueArray(fc.tuple(doubles, element), { minLength: 1, maxLength: 20, selector: ([, member]) => member.toString() }).map((members) => ['ZADD', key, ...members.flat()]),
};

const readings: readonly Command[] = [['TYPE', key], ['OBJECT', 'ENCODING', key], ['GET', key], ['LRANGE', key, '0', '-1'], ['SMEMBERS', key], ['HGETALL', key], ['ZRANGE', key, '0', '-1', 'WITHSCORES']];

const bytesOf = (reply: { readonly type: string }): Buffer => Buffer.from((reply as unknown as { readonly text: string }).text, 'latin1');

async function readBoth(): Promise<readonly (readonly [string, string])[]> {
  const [ours, theirs] = await Promise.all([pair.ours.askAll(readings), pair.theirs.askAll(readings)]);
  return readings.map((reading, i) => [comparable(reading, ours[i]), comparable(reading, theirs[i])]);
}

describe.each(Object.entries(values))('%s', (name, make) => {
  it('are dumped and restored, here and there', () =>
    fc.assert(
      fc.asyncProperty(make, async (making) => {
        await compare(pair, [making, ['OBJECT', 'ENCODING', key]]);
        const [ours, theirs] = (await Promise.all([pair.ours.ask('DUMP', key), pair.theirs.ask('DUMP', key)])).map(bytesOf);
        // Where the order is that of a table of hashes, the bytes need not be the same.
        if (!['sets', 'hashes'].includes(name)) expect(ours.toString('hex')).toBe(theirs.toString('hex'));
        for (const [forOurs, forTheirs] of [[theirs, ours], [ours, theirs]]) {
          expect(comparable(['RESTORE'], await pair.ours.ask('RESTORE', key, '0', forOurs, 'REPLACE'))).toBe('+"OK"');
          expect(comparable(['RESTORE'], await pair.theirs.ask('RESTORE', key, '0', forTheirs, 'REPLACE'))).toBe('+"OK"');
          for (const [mine, other] of await readBoth()) expect(mine).toBe(other);
        }
      }),
      { numRuns: runs(60) },
    ));
});

describe('RESTORE', () => {
  it('reads what Redis compressed', async () => {
    await pair.theirs.ask('CONFIG', 'SET', 'rdbcompression', 'yes');
    const compressible = fc.array(fc.constantFrom('abc', 'abcabc', 'x', 'yyyyyyyy', '1'), { minLength: 10, maxLength: 400 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(compressible, async (text) => {
        await pair.theirs.ask('SET', key, text);
        await pair.ours.ask('RESTORE', key, '0', bytesOf(await pair.theirs.ask('DUMP', key)), 'REPLACE');
        expect(bytesOf(await pair.ours.ask('GET', key)).toString()).toBe(text);
      }),
      { numRuns: runs(60) },
    );
    await pair.theirs.ask('CONFIG', 'SET', 'rdbcompression', 'no');
  });

  it('refuses in the words of Redis', async () => {
    await pair.theirs.ask('SET', key, 'value');
    const good = bytesOf(await pair.theirs.ask('DUMP', key));
    const wrong = Buffer.from(good);
    wrong[2] ^= 1;
    const newer = Buffer.from(good);
    newer[newer.length - 10] = 99;
    const payload = oneOf(good, good, good, wrong, newer, '', 'x', good.subarray(1));
    const option: fc.Arbitrary<readonly Word[]> = fc.oneof(oneOf('REPLACE', 'replace', 'ABSTTL', 'x', 'IDLETIME', 'FREQ').map((one) => [one]), together(oneOf('IDLETIME', 'FREQ'), oneOf('0', '10', '256', '-1', 'x')));
    const restore = command('RESTORE', word(key), oneOf('0', '0', '100000', '-1', 'x', '99999999999999'), payload, perhaps(option), perhaps(option));
    await fc.assert(
      fc.asyncProperty(fc.array(restore, { minLength: 1, maxLength: 10 }), (commands) => compare(pair, [...commands, ['EXISTS', key], ['GET', key]])),
      { numRuns: runs(150) },
    );
  });
});
