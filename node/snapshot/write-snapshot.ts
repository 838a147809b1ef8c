import type { NewFile } from '../../shared/io/block-file.ts';
import type { Clock } from '../../shared/ports/ports.ts';
import { slotCount } from '../../shared/slots/crc16.ts';
import { op, opHeadBytes, UnitBuffer } from '../copies/unit-format.ts';
import type { Store } from '../engine/store.ts';
import { writeMoved } from '../moves/copy-out.ts';
import { blockHeadBytes, blockKind, magic, writeBlockHead, type BlockKind, type SnapshotEnd, type SnapshotHead } from './format.ts';

const blockBytes = 256 * 1024;
/** Between two slices the clients' commands run. */
const sliceMs = 2;
const entriesPerStep = 16;

export interface SnapshotTask {
  readonly store: Store;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly file: NewFile;
  readonly head: SnapshotHead;
  /** Operations before all entries. */
  readonly first: Uint8Array;
  /** Throws when it is not wanted any more; asked between two slices. */
  readonly check: () => void;
  readonly progress: (entries: number, bytes: number) => void;
  /** Lets everybody else run. */
  readonly turn: () => Promise<void>;
}

/**
 * Every entry as it was when this was called, in slices, from the store to the disk: nothing is held but the part that is being written and the next one. An entry that is
 * about to change or go (expiry, eviction) is written down first.
 */
export async function writeSnapshot(task: SnapshotTask): Promise<SnapshotEnd> {
  const { store, clock, file } = task;
  const blockHead = Buffer.allocUnsafe(blockHeadBytes);
  let crc = 0;
  let end: SnapshotEnd = { entries: 0, blocks: 0, bytes: 0 };
  const write = async (kind: BlockKind, body: Uint8Array): Promise<void> => {
    crc = writeBlockHead(blockHead, kind, body, crc);
    await file.write(blockHead);
    await file.write(body);
  };
  const writeOperations = async (body: Uint8Array): Promise<void> => {
    if (body.length === 0) return;
    await write(blockKind.operations, body);
    end = { ...end, blocks: end.blocks + 1, bytes: end.bytes + body.length };
    task.progress(end.entries, end.bytes);
  };
  let unit = new UnitBuffer();
  let spare = new UnitBuffer();
  let entries = 0;
  const snapshot = store.snapshot({
    entry(ref) {
      entries += 1;
      writeEntry(unit, store, ref);
    },
  });
  try {
    await file.write(magic);
    await write(blockKind.head, Buffer.from(JSON.stringify(task.head)));
    await writeOperations(task.first);
    for (let more = true; more; ) {
      task.check();
      const untilMs = clock.monotonicMs() + sliceMs;
      while (more && unit.position < blockBytes && clock.monotonicMs() < untilMs) more = snapshot.step(entriesPerStep);
      // What changes while this part is being written goes into the next one.
      const full = unit;
      [unit, spare] = [spare, full];
      end = { ...end, entries };
      if (full.position === 0) await task.turn();
      else await writeOperations(full.view());
      full.reset();
    }
    if (snapshot.cancelled) throw new Error('the store was emptied meanwhile');
    writeSequences(unit, store);
    await writeOperations(unit.view());
    end = { ...end, entries };
    await write(blockKind.end, Buffer.from(JSON.stringify(end)));
    return end;
  } finally {
    snapshot.cancel();
  }
}

/** What the dump of a large collection does not carry: its dot, its time, and whether its writer chose its life. */
function writeEntry(unit: UnitBuffer, store: Store, ref: number): void {
  writeMoved(unit, store, ref);
  if (!store.isLarge(ref)) return;
  store.open(ref);
  const { entryBytes, keyStart, keyLength } = store;
  unit.room(opHeadBytes + keyLength);
  unit.u8(op.stamped);
  unit.u16(store.slotOf(ref));
  unit.f64(store.sequenceOf(ref));
  unit.u16(store.epochOf(ref));
  unit.u32(store.writtenAtSeconds(ref));
  unit.u8(store.hasOwnLife(ref) ? 1 : 0);
  unit.u32(keyLength);
  unit.raw(entryBytes, keyStart, keyLength);
}

/** V1, and versions that clients have seen: a slot goes on behind all that it has counted, its deleted keys included. */
function writeSequences(unit: UnitBuffer, store: Store): void {
  for (let slot = 0; slot < slotCount; slot++) {
    const sequence = store.slotSequence[slot];
    if (sequence === 0) continue;
    unit.room(opHeadBytes);
    unit.u8(op.reached);
    unit.u16(slot);
    unit.f64(sequence);
  }
}
