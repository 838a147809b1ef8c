import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareRandomSequences, runs, startPair, type Pair } from './side-by-side.ts';
import { command, integer, key, keyNames, member, oneOf, perhaps, score, several, small, together, word } from './words.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(async () => {
  expect(pair.node.node.server.statistics.unexpectedErrors).toBe(0);
  await pair.stop();
});

/** Redis 7.0 goes on refusing to sort after it once met a number too large or too small for it (errno is not reset). */
const scoreInRange = score.filter((text) => text !== '1e400' && text !== '1e-400' && !(Number(text) !== 0 && Math.abs(Number(text)) < 2 ** -1022));
const number = fc.oneof({ weight: 12, arbitrary: fc.integer({ min: -20, max: 20 }).map(String) }, { weight: 1, arbitrary: scoreInRange });
const limit = perhaps(together(word('LIMIT'), fc.oneof(small, integer), fc.oneof(small, integer)));
const order = perhaps(oneOf('ASC', 'DESC', 'desc'));

const onElements = fc.oneof(
  { weight: 4, arbitrary: command('RPUSH', key, several(number)) },
  { weight: 2, arbitrary: command('SADD', key, several(number)) },
  command('ZADD', key, number.filter((text) => Number.isFinite(Number(text)) && text !== ''), number),
  command('RPUSH', key, several(member)),
  { weight: 4, arbitrary: command('SORT', key, order, limit, perhaps(word('ALPHA'))) },
  { weight: 2, arbitrary: command('SORT', key, order, limit, word('ALPHA')) },
  { weight: 2, arbitrary: command('SORT', key, order, limit, perhaps(word('ALPHA')), word('STORE'), key) },
  command('SORT', key, word('BY'), word('nosort'), order, limit, word('STORE'), key),
  command('SORT', key, perhaps(together(word('BY'), oneOf('*', 'w_*', 'x'))), perhaps(together(word('GET'), oneOf('#', 'a*'))), word('ALPHA')).filter((words) => !words.includes('x')),
  command('SORT_RO', key, order, limit, perhaps(together(word('STORE'), key)), perhaps(word('ALPHA'))),
  command('SORT', key, oneOf('LIMIT', 'BY', 'x', '')),
  command('EXPIRE', key, word('1000')),
  command('DEL', key),
  command('SET', key, member),
  command('HSET', key, member, member),
);

/** Not the encoding: Redis unpacks a sorted set in order to sort it. */
const readings = keyNames.flatMap((name) => [['TYPE', name], ['LRANGE', name, '0', '-1'], ['TTL', name]]);

describe('SORT', () => {
  it('answers as Redis', () => compareRandomSequences(pair, onElements, readings, runs(100)));

  it('keeps a list and a sorted set as they are with a constant BY', async () => {
    const onOrdered = fc.oneof(
      { weight: 3, arbitrary: command('RPUSH', word('{t}l'), several(member)) },
      { weight: 3, arbitrary: command('ZADD', word('{t}z'), fc.integer({ min: -5, max: 5 }).map(String), member) },
      { weight: 4, arbitrary: command('SORT', oneOf('{t}l', '{t}z'), word('BY'), word('nosort'), order, limit) },
    );
    await compareRandomSequences(pair, onOrdered, [['SORT', '{t}z', 'BY', 'nosort', 'DESC']], runs(100));
  });
});
