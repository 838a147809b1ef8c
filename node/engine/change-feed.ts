/**
 * What happened to an entry. `part`: an element of a large collection changed; `renewed`: its death was put off by use; `attached`: its tags or dependencies.
 */
export const changeKind = { put: 1, deleted: 2, expired: 3, evicted: 4, expiry: 5, part: 6, renewed: 7, attached: 8 } as const;
export type ChangeKind = (typeof changeKind)[keyof typeof changeKind];

/**
 * Told of every change in the order of each slot's sequence, while the store is in the middle of it: it may read the entry (`store.open(ref)`, before a removal too) and
 * must not change the store.
 */
export interface ChangeFeed {
  changed(kind: ChangeKind, slot: number, sequence: number, ref: number): void;
  /** Every key is gone. */
  flushed(): void;
  /** Every key of a namespace is gone. */
  namespaceFlushed?(name: string, uid: string): void;
}

/** Told of keys that expired or were evicted, before they go; for keyspace notifications, WATCH and tracking. */
export interface RemovalListener {
  removed(reason: 'expired' | 'evicted', bytes: Uint8Array, keyStart: number, keyLength: number): void;
}
