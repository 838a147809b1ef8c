/**
 * What the connection loop asks of the store before a batch runs, so that the cache misses of up to 64 commands overlap: hash every first key, then
 * have the index and the entries of all read step by step. Changes nothing.
 */
export interface KeyPrefetch {
  /** 0 … 2^31-1. */
  hashKey(bytes: Uint8Array, start: number, length: number): number;
  /** Reads what the keys of these hashes and slots need (slot -1: no key). The result is only returned so that the reads are not optimised away. */
  prefetch(keyHashes: Int32Array, keySlots: Int32Array, count: number): number;
}
