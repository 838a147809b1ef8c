/** Letters of `notify-keyspace-events`: generic, string, list, set, hash, sorted set, expired, evicted, stream, key miss, new key, module. */
export type KeyEventClass = 'g' | '$' | 'l' | 's' | 'h' | 'z' | 'x' | 'e' | 't' | 'm' | 'n' | 'd';

/**
 * What data commands and the store tell the server about keys. The key is a view (bytes, start, length); nothing keeps it.
 * Cheap when nobody listens: check `listening` first on hot paths.
 */
export interface KeyEvents {
  /** True while any client watches or tracks keys or keyspace notifications are switched on. */
  readonly listening: boolean;
  /** The key's value was written, deleted, expired or evicted: WATCH fails, tracking clients are told. */
  changed(bytes: Uint8Array, start: number, length: number): void;
  /** Keyspace notification, e.g. `notify('$', 'set', …)`; `changed` is separate. */
  notify(eventClass: KeyEventClass, event: string, bytes: Uint8Array, start: number, length: number): void;
  /** Every key is gone (FLUSHALL, FLUSHDB). */
  flushed(): void;
  /** A key that blocking commands may wait for now holds something (after LPUSH, ZADD, XADD …). */
  ready(bytes: Uint8Array, start: number, length: number): void;
}
