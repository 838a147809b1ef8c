import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Word } from './resp-client.ts';
import { compareRandomSequences, propertyTimeoutMs, runs, speak, startPair, type Pair } from './side-by-side.ts';
import { command, countedKeys, foreign, integer, key, keyNames, member, oneOf, perhaps, several, together, word } from './words.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(async () => {
  expect(pair.node.node.server.statistics.unexpectedErrors).toBe(0);
  await pair.stop();
});

/** Long enough that some lists leave their entry for nodes of their own, and some elements a node. */
const long: fc.Arbitrary<Word> = fc.tuple(oneOf('p', 'q'), fc.constantFrom(120, 127, 128, 252, 253, 254, 255, 256, 400, 3000, 5000, 17_000)).map(([letter, length]) => letter.toString().repeat(length));
const element = fc.oneof({ weight: 5, arbitrary: member }, { weight: 1, arbitrary: long });
const end = oneOf('LEFT', 'right', 'left', 'x');
const count = perhaps(together(word('COUNT'), integer));

const onLists = (elements: fc.Arbitrary<Word>) =>
  fc.oneof(
    { weight: 6, arbitrary: command('RPUSH', key, several(elements, 8)) },
    { weight: 6, arbitrary: command('LPUSH', key, several(elements, 8)) },
    command('LPUSHX', key, several(elements)),
    command('RPUSHX', key, several(elements)),
    command('LPOP', key, perhaps(integer)),
    command('RPOP', key, perhaps(integer)),
    command('LLEN', key),
    command('LINDEX', key, integer),
    command('LRANGE', key, integer, integer),
    { weight: 2, arbitrary: command('LINSERT', key, oneOf('BEFORE', 'AFTER', 'after', 'x'), elements, elements) },
    { weight: 2, arbitrary: command('LSET', key, integer, elements) },
    { weight: 2, arbitrary: command('LREM', key, integer, elements) },
    command('LTRIM', key, integer, integer),
    command('LPOS', key, elements, perhaps(together(word('RANK'), integer)), count, perhaps(together(word('MAXLEN'), integer))),
    { weight: 2, arbitrary: command('LMOVE', key, key, end, end) },
    command('RPOPLPUSH', key, key),
    command('LMPOP', countedKeys, end, count),
    { weight: 1, arbitrary: foreign },
  );

const readings = keyNames.flatMap((name) => [['TYPE', name], ['LLEN', name], ['LRANGE', name, '0', '-1'], ['LINDEX', name, '-2']]);

describe.each([2, 3] as const)('lists over RESP%i answer as Redis', (resp) => {
  beforeAll(() => speak(pair, resp));

  it('short elements', () => compareRandomSequences(pair, onLists(member), readings, runs(100)), propertyTimeoutMs);
  it('elements of all lengths', () => compareRandomSequences(pair, onLists(element), readings, runs(100)), propertyTimeoutMs);
});
