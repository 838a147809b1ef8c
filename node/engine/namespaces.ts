/** Bits of `Namespaces.flags`: what a namespace asks of the store beyond counting. Those from `sliding` on are about reads. */
export const namespaceFlag = { lifetimes: 1, stale: 2, sliding: 4, tracked: 8 } as const;

/** Why `Store.space` and its like found no room. */
export const refusal = { none: 0, memory: 1, namespaceMemory: 2, namespaceKeys: 3, valueSize: 4 } as const;
export type Refusal = (typeof refusal)[keyof typeof refusal];

/**
 * What the store asks about namespaces. A store without it has one namespace, 0, without rules. Arrays are by namespace id, 0 … 4095; bytes count as
 * `Store.chargedBytes` does.
 */
export interface Namespaces {
  /** The namespace of a key by its prefix `<name>:`. */
  idOf(bytes: Uint8Array, start: number, length: number): number;
  readonly flags: Uint8Array;
  readonly hits: Float64Array;
  readonly misses: Float64Array;
  readonly expired: Float64Array;
  readonly evicted: Float64Array;
  /** What this copy may hold; Infinity: no limit. */
  readonly limitBytes: Float64Array;
  readonly limitKeys: Float64Array;
  /** What nobody else may evict. */
  readonly shareBytes: Float64Array;
  readonly maxValueBytes: Float64Array;
  /** How long a value is kept when its time is over. */
  readonly staleMs: Float64Array;
  /** Bytes and keys that found no room under the limits, or only by evicting: where more of the quota is needed. */
  readonly pressureBytes: Float64Array;
  readonly pressureKeys: Float64Array;
  /** The time at which a write's key dies: default and longest life. `expireAtMs` and the result: a time, or 0 for none. `hash` is the key's. */
  expiryFor(id: number, expireAtMs: number, nowMs: number, hash: number): number;
  /** As `expiryFor` where an existing key's expiry is changed: the default does not count. */
  capFor(id: number, expireAtMs: number, nowMs: number): number;
  /** An entry of a `sliding` or `tracked` namespace was read. */
  used(id: number, ref: number, slot: number, hash: number, nowMs: number): void;
  /** A key was created in a `tracked` namespace. */
  created(id: number, slot: number, hash: number, nowMs: number): void;
  /** Entries lie under ids that are no longer theirs: `settleSome` gives them theirs. */
  readonly unsettled: boolean;
  /** True while entries that lie under another id belong to a namespace that was flushed. */
  readonly flushedUnsettled: boolean;
  /** Whether such an entry, of this key and under this id, was flushed. */
  wasFlushed(bytes: Uint8Array, start: number, length: number, id: number): boolean;
  /** Looks at about `count` entries; true while there are more. */
  settleSome(count: number): boolean;
}
