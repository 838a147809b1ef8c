import { assertNever } from '../../shared/assert/never.ts';
import { Arc } from './arc.ts';
import { Lfu } from './lfu.ts';
import { Lru } from './lru.ts';
import { RandomEviction, SoonestExpiry } from './random.ts';
import { S3Fifo } from './s3fifo.ts';
import { Sieve } from './sieve.ts';
import { WTinyLfu } from './w-tinylfu.ts';
import type { EntrySource, EvictionPolicy, PolicyName } from './policy.ts';

/** The policy of a name; undefined for `noeviction`. */
export function createPolicy(name: PolicyName, entries: EntrySource, random: () => number): EvictionPolicy | undefined {
  switch (name) {
    case 'noeviction':
      return undefined;
    case 'allkeys-lru':
    case 'volatile-lru':
      return new Lru(entries, name === 'volatile-lru');
    case 'allkeys-lfu':
    case 'volatile-lfu':
      return new Lfu(entries, name === 'volatile-lfu', random);
    case 'allkeys-random':
    case 'volatile-random':
      return new RandomEviction(entries, name === 'volatile-random');
    case 'volatile-ttl':
      return new SoonestExpiry(entries);
    case 'allkeys-s3fifo':
      return new S3Fifo(entries);
    case 'allkeys-sieve':
      return new Sieve(entries);
    case 'allkeys-arc':
      return new Arc(entries);
    case 'allkeys-w-tinylfu':
      return new WTinyLfu(entries);
    default:
      return assertNever(name, 'eviction policy');
  }
}
