/** xoshiro128** (Blackman and Vigna, 2018) seeded by splitmix32: small, fast and the same on every machine. */
export interface Rng {
  u32(): number;
  /** Uniform integer in [0, limit). */
  below(limit: number): number;
  /** Uniform in [0, 1). */
  unit(): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Uniform integer in [low, high]. */
  between(low: number, high: number): number;
  /** An independent stream, named by what it is for: adding a consumer does not shift the others. */
  fork(purpose: string): Rng;
}

function splitmix(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

const rotl = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

export function createRng(seed: number): Rng {
  const next = splitmix(seed);
  let a = next();
  let b = next();
  let c = next();
  let d = next();
  const u32 = (): number => {
    const result = Math.imul(rotl(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotl(d, 11);
    return result;
  };
  const unit = (): number => u32() / 4294967296;
  const below = (limit: number): number => Math.floor(unit() * limit);
  return {
    u32,
    unit,
    below,
    chance: (probability) => unit() < probability,
    pick: (items) => items[below(items.length)],
    between: (low, high) => low + below(high - low + 1),
    fork(purpose) {
      let mixed = seed >>> 0;
      for (let i = 0; i < purpose.length; i++) mixed = Math.imul(mixed ^ purpose.charCodeAt(i), 0x01000193) >>> 0;
      return createRng(mixed ^ 0x5bd1e995);
    },
  };
}
