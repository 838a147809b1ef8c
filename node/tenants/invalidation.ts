import type { Clock, Timers } from '../../shared/ports/ports.ts';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import type { Store } from '../engine/store.ts';
import type { Dependents } from './dependents.ts';
import { compileGlob, type GlobMatcher } from './glob.ts';
import { labelBytes, labelKind } from './labels.ts';
import type { NamespaceRegistry } from './registry.ts';

/** What is to go, without the namespace's prefix. */
export type Invalidation =
  | { readonly kind: 'all' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'tag'; readonly tag: string };

/** A pattern, or everything where there is none. */
export const patternOrAll = (pattern: string | undefined): Invalidation => (pattern === undefined ? { kind: 'all' } : { kind: 'pattern', pattern });

/** The way to the shard's copies; absent where there is one copy. */
export interface InvalidationLog {
  readonly leads: boolean;
  readonly congested: boolean;
  readonly committedSeq: number;
  readonly acknowledgesAlone: boolean;
  endUnit(): void;
  headOf(slot: number): number;
}

export interface InvalidationOptions {
  readonly store: Store;
  readonly registry: NamespaceRegistry;
  readonly dependents: Dependents;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: () => InvalidationLog | undefined;
  /** A key is about to be deleted; it may not change the store. */
  readonly onDelete: (bytes: Uint8Array, start: number, length: number) => void;
  /** This is being invalidated, from before the first key goes. */
  readonly onInvalidate: (namespace: string, what: Invalidation) => void;
}

/** Between two slices the clients' commands run. */
const sliceMs = 0.06;
const entriesBetweenClocks = 4;
const congestedMs = 2;
const commitPollMs = 1;
/** The copies have this long to take what was deleted. */
const commitTimeoutMs = 2_000;

/** Removes keys of a namespace on this node, in slices between the clients' commands; each slice is a unit of the log, so that copies follow. */
export class Invalidations {
  /** Those that are under way. */
  running = 0;
  readonly #options: InvalidationOptions;

  constructor(options: InvalidationOptions) {
    this.#options = options;
  }

  /** Resolves with the number of keys that went, when the copies have it; 'uncommitted' when they have not after a while. */
  async run(namespace: string, what: Invalidation): Promise<number | 'uncommitted'> {
    this.running += 1;
    try {
      return await this.#run(namespace, what);
    } finally {
      this.running -= 1;
    }
  }

  async #run(namespace: string, what: Invalidation): Promise<number | 'uncommitted'> {
    const { registry } = this.#options;
    this.#options.onInvalidate(namespace, what);
    let count = 0;
    if (what.kind === 'all') count = registry.flush(namespace);
    else if (what.kind === 'key') count = this.#deleteKey(namespace, what.key);
    else if (what.kind === 'pattern') count = await this.#deletePattern(namespace, what.pattern);
    else count = await this.#deleteTag(namespace, what.tag);
    return (await this.#committed(namespace)) ? count : 'uncommitted';
  }

  #deleteKey(namespace: string, key: string): number {
    const { store, registry, clock } = this.#options;
    const bytes = Buffer.from(fullName(namespace, key));
    // A key of the default namespace must not reach into another one by its prefix.
    if (registry.tenantOf(bytes, 0, bytes.length).name !== namespace) return 0;
    const slot = slotOfKey(bytes);
    const hash = store.hashKey(bytes, 0, bytes.length);
    const ref = store.find(bytes, 0, bytes.length, slot, hash, clock.wallMs());
    if (ref === 0) return 0;
    this.#delete(ref);
    this.#options.dependents.settle();
    return 1;
  }

  async #deletePattern(namespace: string, pattern: string): Promise<number> {
    const { store, registry } = this.#options;
    const matches = compileGlob(Buffer.from(pattern));
    let cursor = 0;
    let count = 0;
    do {
      await this.#slice(() => {
        const tenant = registry.byName(namespace);
        if (tenant === undefined) cursor = 0;
        else [cursor, count] = this.#deleteMatching(tenant.id, tenant.prefixLength, matches, cursor, count);
        return cursor !== 0;
      });
    } while (cursor !== 0 && store.entryCount > 0);
    return count;
  }

  /** About `entriesBetweenClocks` entries; [next cursor, count]. */
  #deleteMatching(id: number, prefixLength: number, matches: GlobMatcher, from: number, counted: number): [number, number] {
    const { store } = this.#options;
    const refs: number[] = [];
    let cursor = from;
    let count = counted;
    for (let looked = 0; looked < entriesBetweenClocks; looked += refs.length + 1) {
      refs.length = 0;
      cursor = store.scanStep(cursor, refs);
      for (const ref of refs) {
        if (store.namespaceOf(ref) !== id || store.isForgotten(ref)) continue;
        store.open(ref);
        if (!matches(store.entryBytes, store.keyStart + prefixLength, store.keyLength - prefixLength)) continue;
        this.#delete(ref);
        count++;
      }
      if (cursor === 0) break;
    }
    return [cursor, count];
  }

  async #deleteTag(namespace: string, tag: string): Promise<number> {
    const label = labelBytes(namespace, labelKind.tag, tag);
    let count = 0;
    let more = true;
    while (more) {
      await this.#slice(() => {
        for (let i = 0; i < entriesBetweenClocks && more; i++) {
          const deleted = this.#deleteOneOf(label);
          more = deleted !== undefined;
          if (deleted === true) count++;
        }
        return more;
      });
    }
    return count;
  }

  /** Deletes a key that has the label; false when it was gone already, undefined when no key has it. */
  #deleteOneOf(label: Uint8Array): boolean | undefined {
    const { store, clock } = this.#options;
    const { attachments } = store;
    const block = attachments === undefined ? 0 : attachments.firstOf(label);
    if (attachments === undefined || block === 0) return undefined;
    attachments.open(block);
    const ref = store.locate(attachments.bytes, attachments.keyStart, attachments.keyLength, attachments.slot, attachments.hash);
    if (ref === 0) attachments.dropBlock(block);
    else if (store.isForgotten(ref)) store.discardFlushed(ref);
    else {
      const living = !store.isExpired(ref, clock.wallMs());
      this.#delete(ref);
      return living;
    }
    return false;
  }

  #delete(ref: number): void {
    const { store, onDelete } = this.#options;
    store.open(ref);
    onDelete(store.entryBytes, store.keyStart, store.keyLength);
    store.removeEntry(ref);
  }

  /** Calls `step` until it is false, or its time is over; then clients have their turn. */
  async #slice(step: () => boolean): Promise<void> {
    const { clock, timers, log, dependents } = this.#options;
    const untilMs = clock.monotonicMs() + sliceMs;
    let more = true;
    while (more && clock.monotonicMs() < untilMs) more = step();
    dependents.settle();
    const copies = log();
    copies?.endUnit();
    await new Promise<void>((resolve) => timers.soon(resolve));
    while (copies !== undefined && copies.leads && copies.congested) await new Promise<void>((resolve) => timers.after(congestedMs, resolve));
  }

  async #committed(namespace: string): Promise<boolean> {
    const { clock, timers, log, registry } = this.#options;
    const copies = log();
    if (copies === undefined) return true;
    copies.endUnit();
    const tenant = registry.byName(namespace);
    if (tenant !== undefined && registry.acknowledgesAlone(tenant, copies.acknowledgesAlone)) return true;
    const head = copies.headOf(-1);
    const untilMs = clock.monotonicMs() + commitTimeoutMs;
    while (copies.committedSeq < head && copies.leads && clock.monotonicMs() < untilMs) await new Promise<void>((resolve) => timers.after(commitPollMs, resolve));
    return copies.committedSeq >= head;
  }
}

/** The key as the store has it. */
function fullName(namespace: string, key: string): string {
  return namespace === 'default' ? key : `${namespace}:${key}`;
}
