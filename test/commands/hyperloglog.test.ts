import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Word } from './resp-client.ts';
import { compare, compareRandomSequences, propertyTimeoutMs, runs, speak, startPair, type Command, type Pair } from './side-by-side.ts';
import { command, foreign, key, keyNames, oneOf, several } from './words.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(async () => {
  expect(pair.node.node.server.statistics.unexpectedErrors).toBe(0);
  await pair.stop();
});

const element: fc.Arbitrary<Word> = fc.oneof(fc.nat(100_000).map(String), oneOf('', 'a', 'b'), fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)));
const many: fc.Arbitrary<readonly Word[]> = fc.tuple(fc.nat(1_000_000), fc.integer({ min: 1, max: 1500 })).map(([from, count]) => Array.from({ length: count }, (_, i) => `e${from + i}`));

const onSketches = fc.oneof(
  { weight: 4, arbitrary: command('PFADD', key, several(element, 10)) },
  { weight: 3, arbitrary: command('PFADD', key, many) },
  command('PFADD', key),
  { weight: 2, arbitrary: command('PFCOUNT', key) },
  { weight: 2, arbitrary: command('PFCOUNT', several(key)) },
  { weight: 2, arbitrary: command('PFMERGE', several(key)) },
  command('PFDEBUG', oneOf('ENCODING', 'DECODE', 'TODENSE', 'encoding', 'nonsense'), key),
  command('GET', key),
  // Bytes that make no sense in the header. (Behind it Redis keeps what a failing PFADD did before it failed.)
  command('SETRANGE', key, fc.integer({ min: 0, max: 7 }).map(String), fc.uint8Array({ minLength: 1, maxLength: 1 }).map((bytes) => Buffer.from(bytes))),
  { weight: 1, arbitrary: foreign },
);

const readings = keyNames.flatMap((name) => [['TYPE', name], ['GET', name], ['PFCOUNT', name], ['GET', name]]);

describe.each([2, 3] as const)('HyperLogLogs over RESP%i', (resp) => {
  beforeAll(() => speak(pair, resp));

  it('answer as Redis, byte by byte', () => compareRandomSequences(pair, onSketches, readings, runs(100)), propertyTimeoutMs);
});

describe('HyperLogLogs of all sizes', () => {
  it('are the same bytes and estimates as those of Redis, before and after they become dense', async () => {
    await speak(pair, 2);
    const commands: Command[] = [];
    for (let from = 0; from < 60_000; from += 3000) {
      commands.push(['PFADD', '{t}a', ...Array.from({ length: 3000 }, (_, i) => `user:${from + i}`)], ['PFDEBUG', 'ENCODING', '{t}a'], ['PFCOUNT', '{t}a'], ['GET', '{t}a']);
    }
    commands.push(['PFMERGE', '{t}b', '{t}a'], ['GET', '{t}b'], ['PFDEBUG', 'GETREG', '{t}b'], ['OBJECT', 'ENCODING', '{t}b'], ['STRLEN', '{t}b']);
    await compare(pair, commands);
  });

  it('that make no sense are refused', () =>
    compare(pair, [['PFADD', '{t}a', 'a', 'b', 'c'], ['APPEND', '{t}a', 'hello'], ['PFCOUNT', '{t}a'], ['PFCOUNT', '{t}a', '{t}b'], ['PFMERGE', '{t}b', '{t}a'], ['EXISTS', '{t}b'], ['PFDEBUG', 'TODENSE', '{t}a'], ['PFDEBUG', 'GETREG', '{t}c']]));

  it('test themselves', async () => {
    expect(await pair.ours.ask('PFSELFTEST')).toEqual({ type: '+', text: 'OK' });
  });
});
