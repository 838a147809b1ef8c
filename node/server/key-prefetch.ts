/**
 * What the connection loop asks of the store before a batch runs, so that the cache misses of up to 64 commands overlap:
 * hash every first key, touch every index slot, then every entry, then execute. None of these may change anything.
 */
export interface KeyPrefetch {
  hashKey(bytes: Uint8Array, start: number, length: number): number;
  /** Reads the index slot of the hash; the result is handed to `touchEntry` (0 or less: nothing there). */
  touchIndex(keyHash: number): number;
  /** Reads the first bytes of the entry. The result is only returned so that the read is not optimised away. */
  touchEntry(reference: number): number;
}
