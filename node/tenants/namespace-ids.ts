import { namespaceMask } from '../engine/entry-layout.ts';

/** What the ids depend on. */
export interface FlushedEntries {
  readonly namespaceKeys: Int32Array;
  readonly forgotten: Uint8Array;
  sweepSome(count: number): boolean;
}

/** Entries looked at to get an id back when all are taken by flushed namespaces. */
const sweepStep = 10_000;

/** Ids of namespaces in the store: 1 … 4095 in turn, each used again when nothing of its last use is left. 0 is the default namespace's first. */
export class NamespaceIds {
  readonly #store: FlushedEntries;
  readonly #taken = new Uint8Array(namespaceMask + 1);
  #next = 1;

  constructor(store: FlushedEntries) {
    this.#store = store;
    this.#taken[0] = 1;
  }

  take(): number {
    for (;;) {
      for (let tried = 0; tried < namespaceMask; tried++) {
        const id = this.#next;
        this.#next = id === namespaceMask ? 1 : id + 1;
        if (this.#taken[id] !== 0 || this.#store.forgotten[id] !== 0 || this.#store.namespaceKeys[id] !== 0) continue;
        this.#taken[id] = 1;
        return id;
      }
      // Flushed faster than swept: the flush waits for a part of the sweep.
      this.#store.sweepSome(sweepStep);
    }
  }

  /** Its namespace has another id now, or is gone. */
  leave(id: number): void {
    this.#taken[id] = 0;
  }
}
