/** Names as in `spec.eviction` (and Redis' `maxmemory-policy` for those that Redis has). */
export const policyNames = [
  'noeviction', 'allkeys-lru', 'volatile-lru', 'allkeys-lfu', 'volatile-lfu', 'allkeys-random', 'volatile-random', 'volatile-ttl',
  'allkeys-s3fifo', 'allkeys-sieve', 'allkeys-arc', 'allkeys-w-tinylfu',
] as const;
export type PolicyName = (typeof policyNames)[number];

/** What a policy may know of the entries. Each entry carries one 32-bit word for it, which moves with the entry. */
export interface EntrySource {
  /** Number of entries. */
  readonly entryCount: number;
  evictionWord(ref: number): number;
  setEvictionWord(ref: number, word: number): void;
  /** The key has an expiry. */
  expires(ref: number): boolean;
  hashOf(ref: number): number;
  /** What the entry counts in shares of memory. */
  weightOf(ref: number): number;
  /** An entry drawn evenly at random, 0 when there is none. */
  drawEntry(): number;
  /** An entry that expires among the next ones, 0 when none expires. */
  soonestToExpire(): number;
}

/**
 * Decides which entry goes when memory is full. References change when entries move; the store reports every change. All methods are O(1), amortised.
 */
export interface EvictionPolicy {
  readonly name: PolicyName;
  /** Bytes of queues, ghosts and sketches. */
  readonly memoryBytes: number;
  /** A new key was written. `hash` is the key's. */
  added(ref: number, hash: number): void;
  /** The entry was read or overwritten. */
  touched(ref: number): void;
  /** The entry is about to go (deleted, expired or evicted). */
  removed(ref: number): void;
  /** The entry now lies at `to`, its word copied. */
  moved(from: number, to: number): void;
  /** The entry weighs more or less than it did. */
  resized(ref: number, difference: number): void;
  /** Gained or lost its expiry. */
  expiryChanged(ref: number): void;
  /** False for an entry that was written under another policy: then it is to be `added`. Its word may be anything. */
  holds(ref: number): boolean;
  /** The entry to evict now, 0 when the policy spares all. The store then removes it and calls `removed`. */
  victim(): number;
  /** The counter of a policy that counts uses, as it is now (OBJECT FREQ). */
  frequencyOf?(ref: number): number;
  /** Everything is gone. */
  cleared(): void;
}
