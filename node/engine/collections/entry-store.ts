import type { EntryType } from '../entry-layout.ts';
import type { HashSeed } from '../hash.ts';
import type { Parts } from './parts.ts';

/** What collections need of the store (engine/store.ts has the meanings). */
export interface EntryStore {
  readonly parts: Parts;
  readonly seed: HashSeed;
  readonly entryBytes: Uint8Array;
  readonly valueStart: number;
  readonly valueLength: number;
  open(ref: number): void;
  encodingOf(ref: number): number;
  rootOf(ref: number): number;
  find(bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number): number;
  remove(bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number): boolean;
  spaceAnyway(
    bytes: Uint8Array, keyStart: number, keyLength: number, slot: number, hash: number, valueLength: number, type: EntryType, encoding: number, expireAtMs: number,
    nowMs: number,
  ): number;
  beforeEdit(ref: number): void;
  wrote(ref: number): void;
  rewrote(ref: number, nowMs: number): void;
  countParts(slot: number, ref: number, bytes: number): void;
}
