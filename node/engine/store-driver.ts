import { slotOfKey } from '../../shared/slots/crc16.ts';
import { entryType } from './entry-layout.ts';
import { keepExpiry, Store, type StoreOptions } from './store.ts';

const encoder = new TextEncoder();

interface Key {
  readonly bytes: Uint8Array;
  readonly slot: number;
  readonly hash: number;
}

/** A store driven by strings, for tests. */
export class StoreDriver {
  readonly store: Store;
  nowMs = 1_000_000;

  constructor(options: Partial<StoreOptions> = {}) {
    let state = options.seed ?? 1;
    this.store = new Store({ seed: 1, segmentBytes: 65_536, random: () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32, ...options });
  }

  key(name: string): Key {
    const bytes = encoder.encode(name);
    return { bytes, slot: slotOfKey(bytes), hash: this.store.hashKey(bytes, 0, bytes.length) };
  }

  find(name: string): number {
    const { bytes, slot, hash } = this.key(name);
    return this.store.find(bytes, 0, bytes.length, slot, hash, this.nowMs);
  }

  set(name: string, value: Uint8Array, expireAtMs: number): boolean {
    const { bytes, slot, hash } = this.key(name);
    return this.store.put(bytes, 0, bytes.length, slot, hash, value, 0, value.length, 0, expireAtMs, this.nowMs);
  }

  get(name: string): Uint8Array | undefined {
    const { bytes, slot, hash } = this.key(name);
    const ref = this.store.read(bytes, 0, bytes.length, slot, hash, this.nowMs);
    if (ref === 0) return undefined;
    this.store.open(ref);
    return this.store.entryBytes.slice(this.store.valueStart, this.store.valueStart + this.store.valueLength);
  }

  expiry(name: string): number | undefined {
    const ref = this.find(name);
    return ref === 0 ? undefined : this.store.expiryOf(ref);
  }

  expire(name: string, atMs: number): void {
    const ref = this.find(name);
    if (ref !== 0) this.store.setExpiry(ref, atMs, this.nowMs);
  }

  append(name: string, added: Uint8Array): boolean {
    const { bytes, slot, hash } = this.key(name);
    const { store } = this;
    const old = this.find(name);
    if (old !== 0) store.open(old);
    const length = old === 0 ? 0 : store.valueLength;
    const ref = store.space(bytes, 0, bytes.length, slot, hash, length + added.length, entryType.string, 1, keepExpiry, this.nowMs, true);
    if (ref === 0) return false;
    store.open(ref);
    store.entryBytes.set(added, store.valueStart + length);
    store.wrote(ref);
    return true;
  }

  del(name: string): boolean {
    const { bytes, slot, hash } = this.key(name);
    return this.store.remove(bytes, 0, bytes.length, slot, hash, this.nowMs);
  }

  /** Every living key, by walking over all of them. */
  keys(): string[] {
    const found: string[] = [];
    this.#walk((ref) => {
      if (this.store.isExpired(ref, this.nowMs)) return;
      this.store.open(ref);
      found.push(new TextDecoder().decode(this.store.entryBytes.subarray(this.store.keyStart, this.store.keyStart + this.store.keyLength)));
    });
    return found;
  }

  /** What all the counters say, counted anew. */
  recount(): { readonly units: number; readonly keys: number; readonly expiring: number } {
    let units = 0;
    let keys = 0;
    let expiring = 0;
    this.#walk((ref) => {
      units += this.store.weightOf(ref);
      keys++;
      if (this.store.expires(ref)) expiring++;
    });
    return { units, keys, expiring };
  }

  #walk(visit: (ref: number) => void): void {
    let cursor = 0;
    do {
      const refs: number[] = [];
      cursor = this.store.scanStep(cursor, refs);
      refs.forEach(visit);
    } while (cursor !== 0);
  }
}
