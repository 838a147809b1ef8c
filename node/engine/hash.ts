import { createHmac } from 'node:crypto';

/**
 * Hashes of keys: 31 bits, seeded. The seed is common to the copies of a shard, so that SCAN cursors survive a failover (B1); it comes from the bus key, so one of them
 * that starts after a rotation begins its cursors anew.
 * Between two words stand two multiplications by secret odd numbers, so that collisions cannot be computed without the seed.
 */
export interface HashSeed {
  readonly start: number;
  readonly first: number;
  readonly second: number;
}

/** The number that `hashSeed` takes, from a secret that the copies of a shard share. */
export function secretSeed(secret: Uint8Array, shard: number): number {
  return createHmac('sha256', secret).update(`hashes of keys, shard ${shard}`).digest().readInt32LE(0);
}

export function hashSeed(seed: number): HashSeed {
  return { start: mix(seed ^ 0x51ed270b), first: mix(seed ^ 0x2545f491) | 1, second: mix(seed ^ 0x7feb352d) | 1 };
}

/** A bijection of 32 bits in which every input bit moves about half of the output bits (finaliser of MurmurHash3, public domain). */
export function mix(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Hash of `length` bytes from `start`: 0 … 2^31-1. */
export function hashBytes(seed: HashSeed, bytes: Uint8Array, start: number, length: number): number {
  const { first, second } = seed;
  let h = seed.start ^ length;
  let at = start;
  const end = start + length;
  for (; at + 4 <= end; at += 4) {
    h ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    h = Math.imul(h, first);
    h = Math.imul(h ^ (h >>> 15), second);
  }
  if (at < end) {
    let rest = bytes[at];
    if (at + 1 < end) rest |= bytes[at + 1] << 8;
    if (at + 2 < end) rest |= bytes[at + 2] << 16;
    h = Math.imul(h ^ rest, first);
    h = Math.imul(h ^ (h >>> 15), second);
  }
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  return (h ^ (h >>> 13)) & 0x7fffffff;
}
