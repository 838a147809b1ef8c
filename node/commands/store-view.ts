/** What server and cluster commands ask the store about itself; all numbers are kept up to date by the store, none is counted on demand. */
export interface StoreView {
  facts(): StoreFacts;
  keysInSlot(slot: number): number;
  /** Up to `limit` keys of a slot. */
  someKeysOfSlot(slot: number, limit: number): readonly Uint8Array[];
  /** Bytes that a key's entry takes (header, key, value, index); undefined when it does not exist. */
  memoryOf(bytes: Uint8Array, start: number, length: number): number | undefined;
}

export interface StoreFacts {
  readonly usedBytes: number;
  readonly peakBytes: number;
  /** What the store takes without a single key. */
  readonly emptyBytes: number;
  /** What the system gave the store: `usedBytes`, room that is free in segments and slabs, and what others hold against the limit. The limit is about this. */
  readonly committedBytes: number;
  /** Part of committedBytes that is held by clients' buffers. */
  readonly clientBytes: number;
  /** Part of usedBytes that is not entries (index, free room in segments). */
  readonly overheadBytes: number;
  readonly limitBytes: number;
  readonly evictionPolicy: string;
  readonly keys: number;
  readonly keysWithExpiry: number;
  readonly averageTtlMs: number;
  readonly hits: number;
  readonly misses: number;
  readonly expiredKeys: number;
  readonly evictedKeys: number;
}
