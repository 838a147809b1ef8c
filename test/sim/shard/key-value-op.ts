/** The commands of the simulated store, and their effects as units of the stream. */
export type Command =
  | { readonly kind: 'read'; readonly keys: readonly string[]; /** After READONLY: a replica may answer. */ readonly replica?: boolean }
  /** Several keys: an EXEC, all or nothing (P8). No value: a delete. */
  | { readonly kind: 'write'; readonly keys: readonly string[]; readonly value: string | undefined; readonly ttlMs?: number };

/** What became of a key. */
export interface Effect {
  readonly key: string;
  readonly value?: string;
  /** Shard time, milliseconds (P16). */
  readonly expireAt?: number;
}

export interface Position {
  readonly epoch: number;
  readonly seq: number;
}

export interface Entry extends Effect {
  /** Unit that wrote it. Without a value: a tombstone. */
  readonly at: Position;
}

export interface Chunk {
  readonly changes: readonly Entry[];
  readonly entries: readonly Entry[];
}

export const encode = (what: readonly Effect[] | Chunk): Uint8Array => new TextEncoder().encode(JSON.stringify(what));
export const decode = <T>(bytes: Uint8Array): T => JSON.parse(new TextDecoder().decode(bytes)) as T;
