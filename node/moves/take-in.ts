import type { SlotRange } from '../../shared/slots/ranges.ts';
import type { Replicator } from '../copies/contract.ts';
import { BadUnit, op, opHeadBytes, UnitBuffer, UnitReader } from '../copies/unit-format.ts';
import type { Store } from '../engine/store.ts';
import type { Ledger } from '../replication/moves/ledger.ts';

type Stream = Replicator['stream'];

/** Entries deleted in one go: about a millisecond; where there are clients, a quarter of one. */
const entriesPerSlice = { large: 1_500, gentle: 400 } as const;

/** What moves do to this shard's store, and write into its log so that every copy does the same. */
export function takeChunk(store: Store, stream: Stream, bytes: Uint8Array): number | 'full' {
  const { recorder, applier } = stream;
  stream.end();
  const { replica } = store;
  const reader = new UnitReader(bytes);
  /** Operations in bytes[start, applied) are about `slot` and not in the log yet: those of one slot go there together. */
  let start = 0;
  let applied = 0;
  let slot = -1;
  let full = false;
  // No rules of namespaces are applied to it again, and nothing of it is old enough to be hidden.
  store.replica = true;
  recorder.adopting = true;
  try {
    while (!reader.done) {
      const at = applied;
      const next = (bytes[at + 1] << 8) | bytes[at + 2];
      if (next !== slot) {
        if (at > start) recorder.adopt(bytes, start, at, slot);
        start = at;
        slot = next;
      }
      applier.applyOne(reader);
      applied = reader.at;
      if (!recorder.dirty) continue;
      // Evictions that made room come before what they made room for.
      if (at > start) recorder.adopt(bytes, start, at, slot);
      start = at;
      recorder.settle();
    }
  } catch (error) {
    if (!(error instanceof BadUnit)) throw error;
    full = true;
  } finally {
    recorder.adopting = false;
    store.replica = replica;
    if (applied > start) recorder.adopt(bytes, start, applied, slot);
  }
  const seq = stream.end();
  return full ? 'full' : seq;
}

export function isClean(store: Store, { from, to }: SlotRange): boolean {
  for (let slot = from; slot <= to; slot++) if (store.index.keysIn(slot) > 0) return false;
  return true;
}

/** Deletes a slice; the log says of each slot when it is empty. True when nothing is left. */
export function dropSlice(store: Store, stream: Stream, { from, to }: SlotRange, size: keyof typeof entriesPerSlice): boolean {
  stream.end();
  let left: number = entriesPerSlice[size];
  const unit = new UnitBuffer();
  for (let slot = from; slot <= to; slot++) {
    const keys = store.index.keysIn(slot);
    if (keys === 0) continue;
    if (left <= 0 || store.dropSlot(slot, left)) {
      stream.end();
      return false;
    }
    left -= keys;
    unit.reset();
    unit.room(opHeadBytes);
    unit.u8(op.empty);
    unit.u16(slot);
    stream.recorder.adopt(unit.bytes, 0, unit.position, slot);
  }
  stream.end();
  return true;
}

export function ledgerBytes(ledger: Ledger): Uint8Array {
  const text = Buffer.from(JSON.stringify(ledger));
  const unit = new UnitBuffer();
  unit.room(opHeadBytes + text.length);
  unit.u8(op.ledger);
  unit.u32(text.length);
  unit.raw(text, 0, text.length);
  return unit.view();
}

export function logLedger(stream: Stream, ledger: Ledger): number {
  stream.end();
  const bytes = ledgerBytes(ledger);
  stream.recorder.adopt(bytes, 0, bytes.length, -1);
  return stream.end();
}
