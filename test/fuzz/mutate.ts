/** Uniform in [0, 1). */
export type Random = () => number;

const below = (random: Random, bound: number): number => Math.floor(random() * bound);
const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)];
const largestInput = 4096;

type Mutation = (input: Buffer, random: Random, pool: Pool) => Buffer;

export interface Pool {
  readonly corpus: readonly Buffer[];
  /** What inputs are made of. */
  readonly words: readonly Buffer[];
}

const spliced = (input: Buffer, at: number, removed: number, inserted: Uint8Array): Buffer => Buffer.concat([input.subarray(0, at), inserted, input.subarray(at + removed)]);

const mutations: readonly Mutation[] = [
  (input, random) => {
    const changed = Buffer.from(input);
    if (changed.length > 0) changed[below(random, changed.length)] ^= 1 << below(random, 8);
    return changed;
  },
  (input, random) => {
    const changed = Buffer.from(input);
    if (changed.length > 0) changed[below(random, changed.length)] = pick(random, [0, 1, 0x7f, 0x80, 0xc0, 0xc3, 0xf0, 0xfe, 0xff, 0x0a, 0x0d, 0x24, 0x2a, 0x2d, 0x30, 0x39]);
    return changed;
  },
  (input, random) => spliced(input, below(random, input.length + 1), 1 + below(random, 8), new Uint8Array(0)),
  (input, random) => spliced(input, below(random, input.length + 1), 0, Uint8Array.from({ length: 1 + below(random, 8) }, () => below(random, 256))),
  (input, random, { words }) => spliced(input, below(random, input.length + 1), below(random, 4), pick(random, words)),
  (input, random) => {
    const from = below(random, input.length + 1);
    return spliced(input, below(random, input.length + 1), 0, input.subarray(from, from + 1 + below(random, 64)));
  },
  (input, random, { corpus }) => {
    const other = pick(random, corpus);
    const from = below(random, other.length + 1);
    return spliced(input, below(random, input.length + 1), below(random, 16), other.subarray(from, from + below(random, 256)));
  },
  (input, random, { corpus }) => Buffer.concat([input, pick(random, corpus)]),
  (input, random) => Buffer.from(input.toString('latin1').replace(/\d+/, () => String(pick(random, [-1, 0, 1, 2, 3, 7, 64, 65, 127, 128, 255, 256, 16_384, 65_536, 2 ** 31, 2 ** 32]))), 'latin1'),
];

/** One to four changes of an input of the corpus. */
export function mutated(random: Random, pool: Pool): Buffer {
  let input = pick(random, pool.corpus);
  for (let left = 1 + below(random, 4); left > 0; left--) input = pick(random, mutations)(input, random, pool);
  return input.subarray(0, largestInput);
}

/** The same numbers for the same seed (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
