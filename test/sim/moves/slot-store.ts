import { slotOfKey } from './keys.ts';
import type { Ledger } from '../../../node/replication/moves/ledger.ts';
import type { SlotRange } from '../../../shared/slots/ranges.ts';

/** What a unit of the simulated stream does. Writes carry the slot's sequence, as dots do (V1). */
export type Op =
  | { readonly op: 'set'; readonly key: string; readonly value: string | undefined; readonly sequence: number }
  | { readonly op: 'ledger'; readonly ledger: Ledger }
  | { readonly op: 'empty'; readonly slot: number }
  | { readonly op: 'reached'; readonly slot: number; readonly sequence: number };

export const encode = (ops: readonly Op[]): Uint8Array => new TextEncoder().encode(JSON.stringify(ops));
export const decode = (bytes: Uint8Array): readonly Op[] => JSON.parse(new TextDecoder().decode(bytes)) as Op[];

interface Entry {
  readonly value: string;
  readonly sequence: number;
}

interface Copy {
  readonly span: SlotRange;
  /** Keys behind this have been scanned; undefined: all. */
  passed: string | undefined;
  readonly changed: Set<string>;
}

const chunkKeys = 2;

/** A map for a store, and the copies that are made of its slots. */
export class SlotStore {
  readonly entries = new Map<string, Entry>();
  readonly sequences = new Map<number, number>();
  readonly #copies = new Map<string, Copy>();
  readonly #counts = new Map<number, number>();
  readonly forwards: boolean;
  readonly carriesSequence: boolean;

  constructor(bugs: { readonly changesNotForwarded: boolean; readonly sequenceNotCarried: boolean }) {
    this.forwards = !bugs.changesNotForwarded;
    this.carriesSequence = !bugs.sequenceNotCarried;
  }

  /** Everything but ledgers. */
  apply(one: Op): void {
    if (one.op === 'set') {
      const slot = slotOfKey(one.key);
      const had = this.entries.has(one.key);
      if (one.value === undefined) this.entries.delete(one.key);
      else this.entries.set(one.key, { value: one.value, sequence: one.sequence });
      this.#counts.set(slot, this.keysIn(slot) + Number(this.entries.has(one.key)) - Number(had));
      this.sequences.set(slot, Math.max(this.sequences.get(slot) ?? 0, one.sequence));
      for (const copy of this.#copies.values()) if (this.forwards && slot >= copy.span.from && slot <= copy.span.to && (copy.passed === undefined || one.key <= copy.passed)) copy.changed.add(one.key);
    } else if (one.op === 'empty') {
      for (const key of this.keysOf({ from: one.slot, to: one.slot })) this.entries.delete(key);
      this.#counts.delete(one.slot);
      this.#counts.delete(one.slot);
    } else if (one.op === 'reached') this.sequences.set(one.slot, Math.max(this.sequences.get(one.slot) ?? 0, one.sequence));
  }

  keysOf({ from, to }: SlotRange): readonly string[] {
    return [...this.entries.keys()].filter((key) => slotOfKey(key) >= from && slotOfKey(key) <= to).toSorted();
  }

  keysIn = (slot: number): number => this.#counts.get(slot) ?? 0;

  snapshot(ledger: Ledger): readonly Op[] {
    return [{ op: 'ledger', ledger }, ...Array.from(this.entries, ([key, { value, sequence }]): Op => ({ op: 'set', key, value, sequence })), ...Array.from(this.sequences, ([slot, sequence]): Op => ({ op: 'reached', slot, sequence }))];
  }

  clear(): void {
    this.entries.clear();
    this.#counts.clear();
    this.sequences.clear();
  }

  startCopy(id: string, span: SlotRange): number {
    this.#copies.set(id, { span, passed: '', changed: new Set() });
    return this.keysOf(span).length;
  }

  changesOf = (id: string): number => this.#copies.get(id)?.changed.size ?? 0;
  stopCopy = (id: string): void => void this.#copies.delete(id);
  stopAll = (): void => this.#copies.clear();

  nextChunk(id: string, seal: boolean): { readonly bytes: Uint8Array; readonly keys: number; readonly scanned: boolean; readonly sealed: boolean } | undefined {
    const copy = this.#copies.get(id);
    if (copy === undefined) return undefined;
    const ops: Op[] = [];
    const add = (key: string): void => {
      const entry = this.entries.get(key);
      ops.push({ op: 'set', key, value: entry?.value, sequence: this.carriesSequence ? (entry?.sequence ?? 0) : 0 });
    };
    for (const key of [...copy.changed].slice(0, chunkKeys)) {
      copy.changed.delete(key);
      add(key);
    }
    const { passed } = copy;
    if (passed !== undefined) {
      const ahead = this.keysOf(copy.span).filter((key) => key > passed);
      for (const key of ahead.slice(0, chunkKeys)) add(key);
      copy.passed = ahead.length <= chunkKeys ? undefined : ahead[chunkKeys - 1];
    }
    const scanned = copy.passed === undefined;
    const sealed = seal && scanned && copy.changed.size === 0;
    if (sealed && this.carriesSequence) for (const [slot, sequence] of this.sequences) if (slot >= copy.span.from && slot <= copy.span.to) ops.push({ op: 'reached', slot, sequence });
    return { bytes: ops.length === 0 ? new Uint8Array(0) : encode(ops), keys: ops.length, scanned, sealed };
  }
}
