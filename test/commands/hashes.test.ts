import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareRandomSequences, propertyTimeoutMs, runs, speak, startPair, type Pair } from './side-by-side.ts';
import { command, foreign, integer, key, keyNames, member, oneOf, pairsOf, perhaps, score, several, small, together, word } from './words.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(async () => {
  expect(pair.node.node.server.statistics.unexpectedErrors).toBe(0);
  await pair.stop();
});

const value = fc.oneof(member, integer);
/** INCRBYFLOAT reckons in 80 bits: sums that have no short decimals are left out. */
const shortDecimal = fc.oneof(oneOf('0.5', '-1.25', '3', '1e2', '0.1', 'x', '', 'inf', 'nan'), score.filter((text) => /^-?\d{1,3}$/.test(text.toString())));

const onHashes = fc.oneof(
  { weight: 8, arbitrary: command('HSET', key, pairsOf(member, value)) },
  { weight: 1, arbitrary: command('HSET', key, member, member, member) },
  command('HMSET', key, pairsOf(member, value)),
  command('HSETNX', key, member, value),
  command('HGET', key, member),
  command('HMGET', key, several(member)),
  { weight: 2, arbitrary: command('HDEL', key, several(member)) },
  command('HLEN', key),
  command('HSTRLEN', key, member),
  command('HEXISTS', key, member),
  command('HGETALL', key),
  command('HKEYS', key),
  command('HVALS', key),
  { weight: 2, arbitrary: command('HINCRBY', key, member, integer) },
  { weight: 2, arbitrary: command('HINCRBYFLOAT', key, oneOf('f1', 'f2'), shortDecimal) },
  command('HRANDFIELD', key, perhaps(together(small, perhaps(word('WITHVALUES'))))),
  command('HSCAN', key, oneOf('0', 'x'), perhaps(together(word('MATCH'), oneOf('*', 'a*', '[a-c]'))), word('COUNT'), oneOf('1000', '1000', '0', 'x')),
  { weight: 1, arbitrary: foreign },
);

const readings = keyNames.flatMap((name) => [['TYPE', name], ['HLEN', name], ['HGETALL', name]]);

describe.each([2, 3] as const)('hashes over RESP%i answer as Redis', (resp) => {
  beforeAll(() => speak(pair, resp));

  it.each([[128, 64], [4, 8]])('packed up to %i fields', async (entries, valueBytes) => {
    await pair.packUpTo(entries, valueBytes);
    await compareRandomSequences(pair, onHashes, readings, runs(100));
  }, propertyTimeoutMs);
});
