import type { Call } from './spec.ts';

/** What a namespace adds to the reads and writes of its keys; argument `i` of the call is the key, its namespace's prefix included. */
export interface TenantHooks {
  /** The expiry that a write gets: default and longest TTL, jitter. `expireAtMs` and the result: a time, or 0 for none. */
  expiryFor(call: Call, i: number, expireAtMs: number): number;
  /** The limit in bytes that a value of `valueBytes` oversteps; 0: none. */
  tooLarge(call: Call, i: number, valueBytes: number): number;
  /** The key was written: these are its tags and what it depends on from now on (keys of its namespace, without the prefix). */
  tag(call: Call, i: number, tags: readonly string[], dependsOn: readonly string[]): void;
  tagsOf(call: Call, i: number): readonly string[];
  /** The fill token is the key's and was not voided; it is used up. */
  fillAllowed(call: Call, i: number, token: string): boolean;
}
