import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareRandomSequences, runs, speak, startPair, type Pair } from './side-by-side.ts';
import { command, foreign, integer, key, keyNames, oneOf, perhaps, several, together, word } from './words.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(async () => {
  expect(pair.node.node.server.statistics.unexpectedErrors).toBe(0);
  await pair.stop();
});

const text = fc.oneof({ weight: 3, arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)) }, oneOf('', '12345', 'x'.repeat(45), Buffer.alloc(40, 0xff), Buffer.alloc(40)));
const place = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 400 }).map(String) }, oneOf('-1', '4294967295', '4294967296', '99999999999', 'x', ''));
const nearPlace = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 300 }).map(String) }, { weight: 3, arbitrary: fc.integer({ min: 0, max: 9 }).map((n) => `#${n}`) }, oneOf('-1', 'x', '#', '#x', '#-1', '4294967296'));
const bound = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: -60, max: 60 }).map(String) }, integer);
const unit = oneOf('BIT', 'byte', 'bits');
const type = fc.oneof({ weight: 8, arbitrary: fc.tuple(oneOf('i', 'u'), fc.integer({ min: 1, max: 63 })).map(([sign, bits]) => `${sign.toString()}${bits}`) }, oneOf('i64', 'u64', 'i0', 'i65', 'x8', 'u', 'u08', '8', ''));
const value = fc.oneof(fc.integer({ min: -300, max: 300 }).map(String), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String), integer);
const getField = together(oneOf('GET', 'get'), type, nearPlace);
const operation = fc.oneof(
  { weight: 2, arbitrary: getField },
  { weight: 4, arbitrary: together(word('SET'), type, nearPlace, value) },
  { weight: 4, arbitrary: together(word('INCRBY'), type, nearPlace, value) },
  { weight: 3, arbitrary: together(word('OVERFLOW'), oneOf('WRAP', 'sat', 'FAIL')) },
  { weight: 1, arbitrary: oneOf('OVERFLOW', 'x', 'SET', '') },
);
const operations = fc.array(operation, { minLength: 0, maxLength: 4 }).map((parts) => parts.flat());

const onBits = fc.oneof(
  { weight: 3, arbitrary: command('SET', key, text) },
  { weight: 3, arbitrary: command('SETBIT', key, fc.integer({ min: 0, max: 400 }).map(String), oneOf('0', '1', '1', '2', 'x')) },
  command('GETBIT', key, place),
  { weight: 2, arbitrary: command('BITCOUNT', key, perhaps(together(bound, perhaps(together(bound, perhaps(unit)))))) },
  { weight: 2, arbitrary: command('BITCOUNT', key, bound, bound, unit) },
  { weight: 2, arbitrary: command('BITPOS', key, oneOf('0', '1', '1', '0', '2', 'x'), perhaps(together(bound, perhaps(together(bound, perhaps(unit)))))) },
  { weight: 2, arbitrary: command('BITPOS', key, oneOf('0', '1'), bound, bound, unit) },
  { weight: 2, arbitrary: command('BITOP', oneOf('AND', 'or', 'XOR', 'not', 'x'), key, several(key)) },
  command('BITOP', word('NOT'), key, key),
  { weight: 8, arbitrary: command('BITFIELD', key, operations) },
  { weight: 2, arbitrary: command('BITFIELD_RO', key, fc.oneof(getField, operations)) },
  command('LCS', key, key, perhaps(oneOf('LEN', 'IDX', 'x')), perhaps(together(word('MINMATCHLEN'), integer)), perhaps(word('WITHMATCHLEN'))),
  command('LCS', key, key, perhaps(word('IDX')), perhaps(word('WITHMATCHLEN'))),
  command('GETRANGE', key, bound, bound),
  command('SUBSTR', key, bound, bound),
  { weight: 1, arbitrary: foreign },
);

const readings = keyNames.flatMap((name) => [['TYPE', name], ['GET', name], ['OBJECT', 'ENCODING', name], ['PTTL', name]]);

describe.each([2, 3] as const)('bits over RESP%i', (resp) => {
  beforeAll(() => speak(pair, resp));

  it('answer as Redis', () => compareRandomSequences(pair, onBits, readings, runs(100)));
});
