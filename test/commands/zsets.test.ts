import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareRandomSequences, propertyTimeoutMs, runs, speak, startPair, type Pair } from './side-by-side.ts';
import { command, countedKeys, foreign, integer, key, keyNames, member, oneOf, pairsOf, perhaps, score, several, small, together, word } from './words.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(async () => {
  expect(pair.node.node.server.statistics.unexpectedErrors).toBe(0);
  await pair.stop();
});

const bound = fc.oneof({ weight: 4, arbitrary: score }, { weight: 2, arbitrary: score.map((text) => `(${text.toString()}`) });
const lexBound = fc.oneof(oneOf('-', '+', '[', '(', 'x', '', '[c', '(c', '[b', '(f'), member.map((text) => Buffer.concat([Buffer.from('['), Buffer.from(text)])), member.map((text) => Buffer.concat([Buffer.from('('), Buffer.from(text)])));
const limit = perhaps(together(word('LIMIT'), small, small));
const withScores = perhaps(word('WITHSCORES'));
const weights = perhaps(together(word('WEIGHTS'), fc.array(score, { minLength: 1, maxLength: 3 })));
const aggregate = perhaps(together(word('AGGREGATE'), oneOf('sum', 'MIN', 'max', 'avg')));
const options = fc.array(oneOf('NX', 'XX', 'GT', 'LT', 'CH', 'INCR', 'ch'), { maxLength: 2 });

const onZsets = fc.oneof(
  { weight: 8, arbitrary: command('ZADD', key, pairsOf(score, member)) },
  { weight: 3, arbitrary: command('ZADD', key, options, pairsOf(score, member)) },
  { weight: 1, arbitrary: command('ZADD', key, score) },
  command('ZINCRBY', key, score, member),
  command('ZREM', key, several(member)),
  command('ZCARD', key),
  command('ZCOUNT', key, bound, bound),
  command('ZSCORE', key, member),
  command('ZMSCORE', key, several(member)),
  command('ZRANK', key, member),
  command('ZREVRANK', key, member),
  command('ZRANGE', key, integer, integer, withScores),
  command('ZRANGE', key, bound, bound, word('BYSCORE'), perhaps(word('REV')), limit, withScores),
  command('ZRANGE', key, integer, integer, perhaps(word('rev')), limit, withScores),
  command('ZREVRANGE', key, integer, integer, withScores),
  command('ZRANGEBYSCORE', key, bound, bound, withScores, limit),
  command('ZREVRANGEBYSCORE', key, bound, bound, withScores, limit),
  command('ZRANGESTORE', key, key, integer, integer, perhaps(word('REV'))),
  command('ZRANGESTORE', key, key, bound, bound, word('BYSCORE'), perhaps(word('REV')), limit),
  command('ZREMRANGEBYRANK', key, integer, integer),
  command('ZREMRANGEBYSCORE', key, bound, bound),
  command('ZPOPMIN', key, perhaps(integer)),
  command('ZPOPMAX', key, perhaps(integer)),
  command('ZMPOP', countedKeys, oneOf('MIN', 'MAX', 'max', 'x'), perhaps(together(word('COUNT'), integer))),
  command('BZPOPMIN', several(key), oneOf('1', 'x', '-1', '0.5')).map((words) => (words.at(-1) === '1' || words.at(-1) === '0.5' ? ['ZPOPMIN', words[1]] : words)),
  command('ZRANDMEMBER', key, perhaps(together(small, withScores))),
  command('ZSCAN', key, oneOf('0', 'x'), perhaps(together(word('MATCH'), oneOf('*', 'a*', '[a-c]'))), word('COUNT'), oneOf('1000', '1000', '0', 'x')),
  command('ZUNION', countedKeys, weights, aggregate, withScores),
  command('ZINTER', countedKeys, weights, aggregate, withScores),
  command('ZDIFF', countedKeys, withScores),
  command('ZUNIONSTORE', key, countedKeys, weights, aggregate),
  command('ZINTERSTORE', key, countedKeys, weights, aggregate),
  command('ZDIFFSTORE', key, countedKeys),
  command('ZINTERCARD', countedKeys, perhaps(together(word('LIMIT'), integer))),
  { weight: 1, arbitrary: foreign },
);

/** Lexicographical ranges mean something only where all scores are the same. */
const onEqualScores = fc.oneof(
  { weight: 6, arbitrary: command('ZADD', key, pairsOf(word('7'), member)) },
  command('ZREM', key, member),
  command('ZLEXCOUNT', key, lexBound, lexBound),
  command('ZRANGEBYLEX', key, lexBound, lexBound, limit),
  command('ZREVRANGEBYLEX', key, lexBound, lexBound, limit),
  command('ZRANGE', key, lexBound, lexBound, word('BYLEX'), perhaps(word('REV')), limit),
  command('ZRANGESTORE', key, key, lexBound, lexBound, word('BYLEX'), perhaps(word('REV')), limit),
  command('ZREMRANGEBYLEX', key, lexBound, lexBound),
);

const readings = keyNames.flatMap((name) => [['TYPE', name], ['ZCARD', name], ['ZRANGE', name, '0', '-1', 'WITHSCORES']]);

describe.each([2, 3] as const)('sorted sets over RESP%i answer as Redis', (resp) => {
  beforeAll(() => speak(pair, resp));

  it.each([[128, 64], [4, 8]])('packed up to %i members', async (entries, valueBytes) => {
    await pair.packUpTo(entries, valueBytes);
    await compareRandomSequences(pair, onZsets, readings, runs(100));
  }, propertyTimeoutMs);

  it.each([[128, 64], [4, 8]])('in lexicographical order, packed up to %i members', async (entries, valueBytes) => {
    await pair.packUpTo(entries, valueBytes);
    await compareRandomSequences(pair, onEqualScores, readings, runs(60));
  }, propertyTimeoutMs);
});
