import type { Command } from '../commands/registry.ts';
import { keyPositions } from '../commands/key-extraction.ts';
import { dumpEntry } from '../commands/serialization/write-value.ts';
import type { Call } from '../commands/spec.ts';
import { changeKind, type ChangeFeed, type ChangeKind } from '../engine/change-feed.ts';
import { entryType, noExpiry } from '../engine/entry-layout.ts';
import type { Store } from '../engine/store.ts';
import { op, opHeadBytes, ownLifeBit, UnitBuffer } from './unit-format.ts';

/** Flags of a changed key. */
const flag = { put: 1, removed: 2, expiry: 4, expired: 8, evicted: 16, renewed: 32, attached: 64 } as const;
/** Changes of strings above this size travel as their command where that is shorter. */
const longStringBytes = 1024;
const deltaCommands: ReadonlySet<string> = new Set(['append', 'setrange', 'setbit', 'bitfield', 'pfadd', 'incr', 'decr']);
/** What they do does not follow from the state alone. */
const drawsLots: ReadonlySet<string> = new Set(['spop']);
const maxDeduplicated = 8;

/** Where the operations of the unit that is being written lie, and which slot each is about; −1: all. */
export interface WrittenOp {
  slot: number;
  start: number;
  end: number;
}

/**
 * Listens to the store's changes and writes them down as one unit per command or EXEC: the entries as they are afterwards, or, for collections in parts and long
 * strings, the command itself (its arguments, and the time that it went by), which gives the same from the same state.
 */
export class Recorder implements ChangeFeed {
  readonly unit = new UnitBuffer();
  readonly ops: WrittenOp[] = [];
  opCount = 0;
  /** Slots whose copy is being scanned: there only whole entries will do (P14). */
  readonly scanning = new Set<number>();
  /** Told of each changed key; a move asks for those of its slots. */
  watch: ((slot: number, bytes: Uint8Array, keyStart: number, keyLength: number) => void) | undefined = undefined;
  onFlush: () => void = () => undefined;
  /** What is written now was written elsewhere and comes with its own operation: only what it pushes out (evictions) is recorded. */
  adopting = false;
  #keys = Buffer.allocUnsafeSlow(4096);
  #keyEnd = 0;
  #count = 0;
  /** Times that `changed` was told, and what it was told last. */
  #changes = 0;
  #ref = 0;
  #flushed = false;
  readonly #start: number[] = [];
  readonly #length: number[] = [];
  readonly #slot: number[] = [];
  readonly #flags: number[] = [];
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Something has changed since the last command was written down. */
  get dirty(): boolean {
    return this.#count > 0 || this.#flushed;
  }

  get hasUnit(): boolean {
    return this.opCount > 0 || this.dirty;
  }

  changed(kind: ChangeKind, slot: number, _sequence: number, ref: number): void {
    const store = this.#store;
    store.open(ref);
    const { entryBytes, keyStart, keyLength } = store;
    const flags = flagsOf(kind);
    if (this.adopting && (flags & flag.evicted) === 0) return;
    this.#changes += 1;
    this.#ref = ref;
    if (this.watch !== undefined) this.watch(slot, entryBytes, keyStart, keyLength);
    for (let i = this.#count - 1; i >= 0 && i >= this.#count - maxDeduplicated; i--) {
      if (this.#slot[i] !== slot || this.#length[i] !== keyLength || !this.#same(i, entryBytes, keyStart)) continue;
      this.#flags[i] |= flags;
      return;
    }
    if (this.#keyEnd + keyLength > this.#keys.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#keys.length * 2, this.#keyEnd + keyLength));
      larger.set(this.#keys.subarray(0, this.#keyEnd));
      this.#keys = larger;
    }
    for (let i = 0; i < keyLength; i++) this.#keys[this.#keyEnd + i] = entryBytes[keyStart + i];
    const i = this.#count++;
    this.#start[i] = this.#keyEnd;
    this.#length[i] = keyLength;
    this.#slot[i] = slot;
    this.#flags[i] = flags;
    this.#keyEnd += keyLength;
  }

  #same(i: number, bytes: Uint8Array, start: number): boolean {
    const at = this.#start[i];
    for (let k = 0; k < this.#length[i]; k++) if (this.#keys[at + k] !== bytes[start + k]) return false;
    return true;
  }

  flushed(): void {
    this.#forget();
    this.#flushed = true;
    this.onFlush();
  }

  /** Operations that were made elsewhere, as they are; slot −1: about all. */
  adopt(bytes: Uint8Array, start: number, end: number, slot: number): void {
    const { unit } = this;
    const at = unit.position;
    unit.room(end - start);
    unit.raw(bytes, start, end - start);
    this.#wrote(slot, at);
  }

  /** What changed before is written first: it may be about keys that are gone now. */
  namespaceFlushed(name: string, uid: string): void {
    this.settle();
    const { unit } = this;
    const start = unit.position;
    const nameBytes = Buffer.from(name);
    const uidBytes = Buffer.from(uid).subarray(0, 255);
    unit.room(opHeadBytes + nameBytes.length + uidBytes.length);
    unit.u8(op.forget);
    unit.u8(nameBytes.length);
    unit.u8(uidBytes.length);
    unit.raw(nameBytes, 0, nameBytes.length);
    unit.raw(uidBytes, 0, uidBytes.length);
    this.#wrote(-1, start);
    this.onFlush();
  }

  #forget(): void {
    this.#count = 0;
    this.#changes = 0;
    this.#keyEnd = 0;
    this.#flushed = false;
  }

  /** A command ran and changed something. */
  ran(command: Command, call: Call): void {
    if (this.#runsAgain(command, call)) this.#writeRun(call);
    else this.#writeEntries();
    this.#forget();
  }

  /** What changed outside of commands: expiry, eviction. */
  settle(): void {
    if (this.dirty) this.#writeEntries();
    this.#forget();
  }

  clear(): void {
    this.#forget();
    this.opCount = 0;
    this.unit.reset();
  }

  /** True when the command itself is the shortest exact account of what it did. */
  #runsAgain(command: Command, call: Call): boolean {
    if (this.#flushed || drawsLots.has(command.name)) return false;
    let worthwhile = false;
    let evicted = false;
    for (let i = 0; i < this.#count; i++) {
      if (this.scanning.has(this.#slot[i])) return false;
      if ((this.#flags[i] & flag.evicted) !== 0) {
        if ((this.#flags[i] & flag.put) !== 0) return false;
        evicted = true;
      }
      if ((this.#flags[i] & flag.put) !== 0 && !worthwhile) worthwhile = this.#isBulky(i, command);
    }
    return worthwhile && !(evicted && this.#evictedAnArgument(command, call));
  }

  #isBulky(i: number, command: Command): boolean {
    const store = this.#store;
    const ref = this.#locate(i);
    if (ref === 0) return false;
    if (store.typeOf(ref) !== entryType.string) return store.isLarge(ref);
    if (!deltaCommands.has(command.name)) return false;
    store.open(ref);
    return store.valueLength > longStringBytes;
  }

  #evictedAnArgument(command: Command, call: Call): boolean {
    const positions = keyPositions(command, call);
    if (positions === undefined) return true;
    for (let i = 0; i < this.#count; i++) {
      if ((this.#flags[i] & flag.evicted) === 0) continue;
      const key = this.#keys.subarray(this.#start[i], this.#start[i] + this.#length[i]);
      for (const { index } of positions) if (key.equals(call.bytes.subarray(call.start[index], call.start[index] + call.length[index]))) return true;
    }
    return false;
  }

  #writeRun(call: Call): void {
    // What expired or was evicted on the way is no part of what the command does when it runs again.
    for (let i = 0; i < this.#count; i++) if ((this.#flags[i] & (flag.expired | flag.evicted)) !== 0) this.#writeRemove(i);
    const { unit } = this;
    const start = unit.position;
    unit.room(opHeadBytes);
    unit.u8(op.run);
    unit.u16(Math.max(0, call.keySlot));
    unit.f64(call.nowMs);
    unit.u32(call.argc);
    for (let i = 0; i < call.argc; i++) {
      unit.room(4 + call.length[i]);
      unit.u32(call.length[i]);
      unit.raw(call.bytes, call.start[i], call.length[i]);
    }
    this.#wrote(Math.max(0, call.keySlot), start);
    if (this.#store.namespaces !== undefined) this.#writeLives();
  }

  /** What namespaces made of the expiry of keys that the command wrote does not follow from the command. */
  #writeLives(): void {
    for (let i = 0; i < this.#count; i++) {
      const ref = (this.#flags[i] & flag.put) === 0 ? 0 : this.#locate(i);
      if (ref !== 0 && this.#store.expires(ref)) this.#writeExpire(op.renew, i, ref);
    }
  }

  #writeEntries(): void {
    if (this.#flushed) {
      const start = this.unit.position;
      this.unit.room(1);
      this.unit.u8(op.flush);
      this.#wrote(-1, start);
    }
    for (let i = 0; i < this.#count; i++) {
      const ref = this.#locate(i);
      if (ref === 0) this.#writeRemove(i);
      else if ((this.#flags[i] & ~(flag.expiry | flag.renewed)) === 0) this.#writeExpire((this.#flags[i] & flag.expiry) === 0 ? op.renew : op.expire, i, ref);
      else this.#writeEntry(this.#slot[i], ref);
    }
  }

  #locate(i: number): number {
    const store = this.#store;
    // Nothing happened after its value was complete: it is where it was.
    if (this.#changes === 1 && (this.#flags[i] & flag.put) !== 0) return this.#ref;
    return store.locate(this.#keys, this.#start[i], this.#length[i], this.#slot[i], store.hashKey(this.#keys, this.#start[i], this.#length[i]));
  }

  #writeRemove(i: number): void {
    const { unit } = this;
    const start = unit.position;
    unit.room(opHeadBytes + this.#length[i]);
    unit.u8(op.remove);
    unit.u16(this.#slot[i]);
    unit.f64(this.#store.slotSequence[this.#slot[i]]);
    unit.u32(this.#length[i]);
    unit.raw(this.#keys, this.#start[i], this.#length[i]);
    this.#wrote(this.#slot[i], start);
  }

  #writeExpire(kind: number, i: number, ref: number): void {
    const { unit } = this;
    const start = unit.position;
    unit.room(opHeadBytes + this.#length[i]);
    unit.u8(kind);
    unit.u16(this.#slot[i]);
    unit.f64(this.#store.slotSequence[this.#slot[i]]);
    unit.f64(this.#store.expiryOf(ref));
    unit.u32(this.#length[i]);
    unit.raw(this.#keys, this.#start[i], this.#length[i]);
    this.#wrote(this.#slot[i], start);
  }

  #writeEntry(slot: number, ref: number): void {
    const start = this.unit.position;
    writeEntry(this.unit, this.#store, slot, ref);
    this.#wrote(slot, start);
  }

  #wrote(slot: number, start: number): void {
    const known = this.ops[this.opCount];
    if (known === undefined) this.ops.push({ slot, start, end: this.unit.position });
    else {
      known.slot = slot;
      known.start = start;
      known.end = this.unit.position;
    }
    this.opCount += 1;
  }
}

function flagsOf(kind: ChangeKind): number {
  switch (kind) {
    case changeKind.deleted:
      return flag.removed;
    case changeKind.expired:
      return flag.removed | flag.expired;
    case changeKind.evicted:
      return flag.removed | flag.evicted;
    case changeKind.expiry:
      return flag.expiry;
    case changeKind.renewed:
      return flag.renewed;
    case changeKind.attached:
      return flag.attached;
    default:
      return flag.put;
  }
}

/** The labels of an entry, behind the entry itself. */
export function writeLabels(unit: UnitBuffer, store: Store, slot: number, ref: number): void {
  const text = store.labelsOf(ref);
  if (text === undefined) return;
  store.open(ref);
  const { entryBytes, keyStart, keyLength } = store;
  unit.room(opHeadBytes + keyLength + text.length);
  unit.u8(op.attach);
  unit.u16(slot);
  unit.u32(keyLength);
  unit.u32(text.length);
  unit.raw(entryBytes, keyStart, keyLength);
  unit.raw(text, 0, text.length);
}

/** An entry as it is, with its labels: used by units and by copies of the whole store. */
export function writeEntry(unit: UnitBuffer, store: Store, slot: number, ref: number): void {
  const expireAt = store.expires(ref) ? store.expiryOf(ref) : noExpiry;
  const payload = store.isLarge(ref) ? dumpEntry(store, ref) : undefined;
  store.open(ref);
  const { entryBytes, keyStart, keyLength, valueStart, valueLength } = store;
  unit.room(opHeadBytes + keyLength + (payload?.length ?? valueLength));
  unit.u8(payload === undefined ? op.put : op.dump);
  unit.u16(slot);
  unit.f64(store.slotSequence[slot]);
  unit.f64(expireAt);
  if (payload === undefined) {
    unit.u8(store.typeOf(ref));
    unit.u8(store.encodingOf(ref) | (store.hasOwnLife(ref) ? ownLifeBit : 0));
  }
  unit.u32(keyLength);
  unit.u32(payload?.length ?? valueLength);
  unit.raw(entryBytes, keyStart, keyLength);
  if (payload === undefined) unit.raw(entryBytes, valueStart, valueLength);
  else unit.raw(payload, 0, payload.length);
  if (store.attachments !== undefined) writeLabels(unit, store, slot, ref);
}
