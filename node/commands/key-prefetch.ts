/**
 * What the connection loop asks of the store before a batch runs, so that the cache misses of up to 64 commands overlap:
 * hash every first key, touch every index slot, then every entry, then execute. None of these may change anything.
 */
export interface KeyPrefetch {
  /** 0 … 2^31-1. */
  hashKey(bytes: Uint8Array, start: number, length: number): number;
  /** Reads the part of the index where the key would be. The result is only returned so that the read is not optimised away. */
  touchIndex(keyHash: number, keySlot: number): number;
  /** Finds the entry through the index and reads its first bytes; call for all of a batch after `touchIndex` for all. Result as above. */
  touchEntry(keyHash: number, keySlot: number): number;
}
