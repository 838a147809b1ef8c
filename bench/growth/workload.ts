import { Store } from '../../node/engine/store.ts';
import type { PolicyName } from '../../node/eviction/policy.ts';
import { slotOfKey } from '../../shared/slots/crc16.ts';

/** Commands that the server parses and prefetches together. */
const batch = 64;
export const keyBytes = 16;
const nowMs = 1_700_000_000_000;
const digit0 = 0x30;

/** Drives a store in batches as the server's loop does: hash all keys, touch the index, touch the entries, then execute. */
export class Workload {
  readonly store: Store;
  readonly #keys = new Uint8Array(batch * keyBytes);
  readonly #hashes = new Int32Array(batch);
  readonly #slots = new Int32Array(batch);
  readonly #out = new Uint8Array(batch * 70_000);
  #state = 1;
  #sink = 0;

  constructor(limitBytes: number, policy: PolicyName) {
    this.store = new Store({ seed: 1, limitBytes, random: () => this.random(2 ** 31) / 2 ** 31 });
    this.store.setPolicy(policy);
  }

  random(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((this.#state >>> 0) / 2 ** 32) * below);
  }

  /** Sets 64 keys by number. */
  set(numbers: (i: number) => number, value: Uint8Array, length: (i: number) => number, expires: boolean): void {
    this.#prepare(numbers);
    const keys = this.#keys;
    for (let i = 0; i < batch; i++) {
      this.store.put(keys, i * keyBytes, keyBytes, this.#slots[i], this.#hashes[i], value, 0, length(i), 0, expires ? nowMs + 86_400_000 + i : 0, nowMs);
    }
  }

  /** Gets 64 keys by number, copying their values out as a reply would; returns how many were there. */
  get(numbers: (i: number) => number): number {
    this.#prepare(numbers);
    const { store } = this;
    let found = 0;
    for (let i = 0; i < batch; i++) {
      const ref = store.read(this.#keys, i * keyBytes, keyBytes, this.#slots[i], this.#hashes[i], nowMs);
      if (ref === 0) continue;
      found++;
      store.open(ref);
      Buffer.prototype.copy.call(store.entryBytes, this.#out, i * 64, store.valueStart, store.valueStart + store.valueLength);
    }
    return found;
  }

  housekeep(work: number): boolean {
    return this.store.housekeep(nowMs, work);
  }

  get sink(): number {
    return this.#sink;
  }

  #prepare(numbers: (i: number) => number): void {
    const keys = this.#keys;
    const { store } = this;
    for (let i = 0; i < batch; i++) {
      let rest = numbers(i);
      for (let at = (i + 1) * keyBytes - 1; at >= i * keyBytes; at--) {
        const next = Math.floor(rest / 10);
        keys[at] = digit0 + rest - next * 10;
        rest = next;
      }
      this.#slots[i] = slotOfKey(keys, i * keyBytes, keyBytes);
      this.#hashes[i] = store.hashKey(keys, i * keyBytes, keyBytes);
    }
    this.#sink ^= store.prefetch(this.#hashes, this.#slots, batch);
  }
}

export const batchSize = batch;
