import { mix } from '../../engine/hash.ts';
import type { ElementRows } from './element-rows.ts';
import type { WorkingMemory } from './working-memory.ts';

const firstSlots = 64;
const wordsPerSlot = 2;

/** Sets are walked through in the order of their hashes: put in as they come, all of them would want the same places. */
const placeOf = (hash: number): number => mix(hash ^ 0x5bd1e995);

/** Which of the rows holds a member: an open table of (hash, row + 1). Hashes are the store's, so nobody can make members that collide. */
export class MemberTable {
  readonly #memory: WorkingMemory;
  readonly #rows: ElementRows;
  #slots: Int32Array;
  #mask = firstSlots - 1;
  #filled = 0;

  constructor(memory: WorkingMemory, rows: ElementRows) {
    this.#memory = memory;
    this.#rows = rows;
    this.#slots = memory.words(firstSlots * wordsPerSlot);
  }

  /** The row of the member; it is added, and `isNew` set, where there is none. */
  rowOf(hash: number, bytes: Uint8Array, start: number, length: number): number {
    for (let slot = placeOf(hash) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const found = this.#slots[slot * wordsPerSlot + 1];
      if (found === 0) return this.#add(slot, hash, bytes, start, length);
      if (this.#slots[slot * wordsPerSlot] !== hash || !this.#rows.is(found - 1, bytes, start, length)) continue;
      this.isNew = false;
      return found - 1;
    }
  }

  isNew = false;

  #add(slot: number, hash: number, bytes: Uint8Array, start: number, length: number): number {
    const row = this.#rows.add(bytes, start, length);
    this.isNew = true;
    this.#slots[slot * wordsPerSlot] = hash;
    this.#slots[slot * wordsPerSlot + 1] = row + 1;
    if (++this.#filled * 3 > (this.#mask + 1) * 2) this.#grow();
    return row;
  }

  #grow(): void {
    const old = this.#slots;
    const mask = (this.#mask << 1) | 1;
    const slots = this.#memory.words((mask + 1) * wordsPerSlot);
    for (let i = 0; i < old.length; i += wordsPerSlot) {
      if (old[i + 1] === 0) continue;
      let slot = placeOf(old[i]) & mask;
      while (slots[slot * wordsPerSlot + 1] !== 0) slot = (slot + 1) & mask;
      slots[slot * wordsPerSlot] = old[i];
      slots[slot * wordsPerSlot + 1] = old[i + 1];
    }
    this.#slots = slots;
    this.#mask = mask;
    this.#memory.free(old);
  }

  free(): void {
    this.#memory.free(this.#slots);
  }
}
