import * as fc from 'fast-check';
import type { Command } from './side-by-side.ts';
import type { Word } from './resp-client.ts';

/** Words of which random commands are made. All keys lie in one slot. */
export const keyNames = ['{t}a', '{t}b', '{t}c'] as const;
export const key: fc.Arbitrary<Word> = fc.constantFrom<Word>(...keyNames);
export const member: fc.Arbitrary<Word> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Word>('a', 'b', 'c', 'd', 'e', 'f', 'g', '1', '2', '-3', '10', '') },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.nat(40).map((n) => `m${n}`) },
  { weight: 1, arbitrary: fc.constantFrom<Word>('x'.repeat(64), 'y'.repeat(65), 'z'.repeat(300)) },
);
export const integer: fc.Arbitrary<Word> = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -12, max: 12 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom<Word>('9223372036854775807', '-9223372036854775807', '9223372036854775808', 'x', '', '1.5', '+1', '01', ' 1') },
);
export const small: fc.Arbitrary<Word> = fc.integer({ min: -3, max: 12 }).map(String);
export const score: fc.Arbitrary<Word> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -5, max: 5 }).map(String) },
  { weight: 2, arbitrary: fc.double({ min: -100, max: 100, noNaN: true }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom<Word>('inf', '-inf', '+inf', '-0', 'nan', 'x', '', '1e3', '1e400', '1e-400', '0x1p3', '.5', '5.', ' 1', '1 ', '3.0e0', '9007199254740993', '123456789012345678901234', 'infinity') },
);

export const word = (text: string): fc.Arbitrary<Word> => fc.constant(text);
/** Each part gives one word, or several. */
export type Part = fc.Arbitrary<Word> | fc.Arbitrary<readonly Word[]>;

export function command(name: string, ...parts: readonly Part[]): fc.Arbitrary<Command> {
  return fc.tuple(...parts).map((words) => [name, ...words.flat()] as Command);
}

export const several = (part: fc.Arbitrary<Word>, maxLength = 3): fc.Arbitrary<readonly Word[]> => fc.array(part, { minLength: 1, maxLength });
export const pairsOf = (a: fc.Arbitrary<Word>, b: fc.Arbitrary<Word>): fc.Arbitrary<readonly Word[]> => fc.array(fc.tuple(a, b), { minLength: 1, maxLength: 3 }).map((pairs) => pairs.flat());
export const perhaps = (part: Part): fc.Arbitrary<readonly Word[]> => fc.oneof({ weight: 2, arbitrary: fc.constant<readonly Word[]>([]) }, { weight: 1, arbitrary: (part as fc.Arbitrary<Word | readonly Word[]>).map((words) => (Array.isArray(words) ? words : [words]) as readonly Word[]) });
export const together = (...parts: readonly Part[]): fc.Arbitrary<readonly Word[]> => fc.tuple(...parts).map((words) => words.flat() as readonly Word[]);
export const oneOf = (...words: readonly Word[]): fc.Arbitrary<Word> => fc.constantFrom<Word>(...words);
/** Their number, then keys; sometimes the number is wrong. */
export const countedKeys: fc.Arbitrary<readonly Word[]> = fc.tuple(fc.array(key, { minLength: 1, maxLength: 3 }), fc.integer({ min: -1, max: 12 })).map(([keys, fault]) => [String(fault < 2 ? keys.length + fault : keys.length), ...keys]);
/** What other types hold: for WRONGTYPE. */
export const foreign: fc.Arbitrary<Command> = fc.oneof(
  command('SET', key, member), command('DEL', key), command('SADD', key, several(member)), command('LPUSH', key, several(member)), command('HSET', key, pairsOf(member, member)), command('ZADD', key, pairsOf(score, member)),
);
