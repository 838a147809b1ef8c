import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareRandomSequences, propertyTimeoutMs, runs, speak, startPair, type Pair } from './side-by-side.ts';
import { command, countedKeys, foreign, integer, key, keyNames, member, oneOf, perhaps, several, small, together, word } from './words.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(async () => {
  expect(pair.node.node.server.statistics.unexpectedErrors).toBe(0);
  await pair.stop();
});

const number = fc.oneof(fc.integer({ min: -40, max: 40 }).map(String), fc.constantFrom('9223372036854775807', '-9223372036854775808', '9223372036854775808', '2147483648', '-2147483649', '32768', '007', '-0'));
const element = fc.oneof({ weight: 2, arbitrary: number }, { weight: 1, arbitrary: member });

const onSets = fc.oneof(
  { weight: 6, arbitrary: command('SADD', key, several(number, 6)) },
  { weight: 4, arbitrary: command('SADD', key, several(element, 6)) },
  { weight: 2, arbitrary: command('SREM', key, several(element)) },
  command('SCARD', key),
  command('SISMEMBER', key, element),
  command('SMISMEMBER', key, several(element)),
  command('SMEMBERS', key),
  { weight: 2, arbitrary: command('SMOVE', key, key, element) },
  command('SPOP', key, oneOf('1000', '0', '-1', 'x')),
  command('SRANDMEMBER', key, perhaps(small)),
  command('SINTER', several(key)),
  command('SUNION', several(key)),
  command('SDIFF', several(key)),
  command('SINTERSTORE', key, several(key)),
  command('SUNIONSTORE', key, several(key)),
  command('SDIFFSTORE', key, several(key)),
  command('SINTERCARD', countedKeys, perhaps(together(word('LIMIT'), integer))),
  command('SSCAN', key, oneOf('0', 'x'), perhaps(together(word('MATCH'), oneOf('*', '1*', '[a-c]'))), word('COUNT'), oneOf('1000', '1000', '0', 'x')),
  { weight: 1, arbitrary: foreign },
);

const readings = keyNames.flatMap((name) => [['TYPE', name], ['SCARD', name], ['SMEMBERS', name]]);

describe.each([2, 3] as const)('sets over RESP%i answer as Redis', (resp) => {
  beforeAll(() => speak(pair, resp));

  it.each([512, 4])('packed up to %i members', async (entries) => {
    await pair.packUpTo(entries, 64);
    await compareRandomSequences(pair, onSets, readings, runs(100));
  }, propertyTimeoutMs);
});
