import type { NodeContext } from '../commands/node-context.ts';
import type { Call } from '../commands/spec.ts';
import { copyBytes } from '../replication/backlog.ts';
import { keepExpiry, noExpiry, type EntryType } from '../engine/entry-layout.ts';
import { ClientSession } from '../server/client-session.ts';
import { createCall } from '../server/executor.ts';
import { ReplyWriter } from '../server/reply-writer.ts';
import { BadUnit, op, ownLifeBit, UnitReader } from './unit-format.ts';

const largestEntryType = 5;
const maxArguments = 1024 * 1024;
const discardsOutput = { send() {}, closeAfterReply() {}, closeNow() {}, hold() {}, release() {}, pendingBytes: 0, inputBytes: 0 };
const restoreName = Buffer.from('restore');
const replaceWord = Buffer.from('replace');
const absoluteWord = Buffer.from('absttl');

/** Executes units on a copy: entries as they come, commands by the very code that ran them first. Throws BadUnit. */
export class Applier {
  /** Shard time of what is applied, for the age of entries. */
  nowMs = 0;
  readonly #node: NodeContext;
  readonly #reply = new ReplyWriter(1024);
  readonly #reader = new UnitReader();
  readonly #call: Call;

  readonly #onLedger: (text: string) => void;

  constructor(node: NodeContext, onLedger: (text: string) => void = () => undefined) {
    this.#node = node;
    this.#onLedger = onLedger;
    this.#call = createCall(node, this.#reply, new ClientSession({ id: 0, address: '', localAddress: '', createdAtMs: 0, output: discardsOutput }));
  }

  /** Units or parts of them in bytes[start, end). */
  apply(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const reader = this.#reader.over(bytes, start, end);
    while (!reader.done) this.applyOne(reader);
  }

  /** One operation. */
  applyOne(reader: UnitReader): void {
    const kind = reader.u8();
    if (kind === op.put) this.#put(reader);
    else if (kind === op.adopt) this.#adopt(reader);
    else if (kind === op.remove) this.#remove(reader);
    else if (kind === op.run) this.#run(reader);
    else if (kind === op.expire) this.#expire(reader);
    else if (kind === op.dump) this.#dump(reader);
    else if (kind === op.flush) this.#node.store.flush();
    else if (kind === op.adoptDump) this.#dump(reader);
    else if (kind === op.gone) this.#gone(reader);
    else if (kind === op.renew) this.#renew(reader);
    else if (kind === op.forget) this.#forgetNamespace(reader);
    else if (kind === op.attach) this.#attach(reader);
    else if (kind === op.stamped) this.#stamp(reader);
    else if (kind === op.reached) this.#node.store.slotSequence[reader.slot()] = reader.f64();
    else if (kind === op.empty) this.#node.store.dropSlot(reader.slot(), Infinity);
    else if (kind === op.ledger) {
      const length = reader.u32();
      const start = reader.part(length);
      this.#onLedger(reader.bytes.toString('utf8', start, start + length));
    }
    else throw new BadUnit(`operation ${kind}`);
  }

  /** With the dot and the time that the entry had in the shard where it was written. */
  #adopt(reader: UnitReader): void {
    const { store } = this.#node;
    const { epochId } = store;
    const { nowMs } = this;
    this.#put(reader, true);
    store.epochId = epochId;
    this.nowMs = nowMs;
  }

  #put(reader: UnitReader, adopted = false): void {
    const { store } = this.#node;
    const slot = reader.slot();
    const sequence = reader.f64();
    const expireAt = reader.f64();
    if (adopted) {
      store.epochId = reader.u16();
      this.nowMs = reader.u32() * 1000;
    }
    const type = reader.u8();
    const packed = reader.u8();
    const encoding = packed & ~ownLifeBit;
    const keyLength = reader.u32();
    const valueLength = reader.u32();
    const key = reader.part(keyLength);
    const value = reader.part(valueLength);
    if (type > largestEntryType || encoding > 3) throw new BadUnit(`type ${type}, encoding ${encoding}`);
    const { bytes } = reader;
    store.slotSequence[slot] = sequence - 1;
    // `keepExpiry` is no time: a copy's entry has the time that came, or none.
    const ref = store.space(bytes, key, keyLength, slot, store.hashKey(bytes, key, keyLength), valueLength, type as EntryType, encoding, expireAt === keepExpiry ? noExpiry : expireAt, this.nowMs);
    if (ref === 0) throw new BadUnit('no room for an entry');
    store.open(ref);
    copyBytes(bytes, value, value + valueLength, store.entryBytes, store.valueStart);
    store.setOwnLife(ref, packed !== encoding);
    store.wrote(ref);
  }

  #remove(reader: UnitReader): void {
    const { store } = this.#node;
    const slot = reader.slot();
    const sequence = reader.f64();
    const length = reader.u32();
    const key = reader.part(length);
    store.remove(reader.bytes, key, length, slot, store.hashKey(reader.bytes, key, length), 0);
    store.slotSequence[slot] = sequence;
  }

  #gone(reader: UnitReader): void {
    const { store } = this.#node;
    const slot = reader.slot();
    const length = reader.u32();
    const key = reader.part(length);
    const sequence = store.slotSequence[slot];
    store.remove(reader.bytes, key, length, slot, store.hashKey(reader.bytes, key, length), 0);
    store.slotSequence[slot] = sequence;
  }

  #forgetNamespace(reader: UnitReader): void {
    const nameLength = reader.u8();
    const uidLength = reader.u8();
    const name = reader.part(nameLength);
    const uid = reader.part(uidLength);
    this.#node.namespaces?.followFlush(reader.bytes.toString('utf8', name, name + nameLength), reader.bytes.toString('utf8', uid, uid + uidLength));
  }

  #attach(reader: UnitReader): void {
    const { store } = this.#node;
    const slot = reader.slot();
    const keyLength = reader.u32();
    const textLength = reader.u32();
    const key = reader.part(keyLength);
    const text = reader.part(textLength);
    const { bytes } = reader;
    const ref = store.locate(bytes, key, keyLength, slot, store.hashKey(bytes, key, keyLength));
    if (ref !== 0) store.attach(ref, bytes.subarray(text, text + textLength));
  }

  #stamp(reader: UnitReader): void {
    const { store } = this.#node;
    const { epochId } = store;
    const slot = reader.slot();
    const sequence = reader.f64();
    const epoch = reader.u16();
    const seconds = reader.u32();
    const ownLife = reader.u8() === 1;
    const length = reader.u32();
    const key = reader.part(length);
    const ref = store.locate(reader.bytes, key, length, slot, store.hashKey(reader.bytes, key, length));
    if (ref === 0) throw new BadUnit('a version without its entry');
    store.epochId = epoch;
    store.slotSequence[slot] = sequence - 1;
    store.rewrote(ref, seconds * 1000);
    store.setOwnLife(ref, ownLife);
    store.epochId = epochId;
  }

  #renew(reader: UnitReader): void {
    const { store } = this.#node;
    const slot = reader.slot();
    const sequence = reader.f64();
    const expireAt = reader.f64();
    const length = reader.u32();
    const key = reader.part(length);
    const ref = store.locate(reader.bytes, key, length, slot, store.hashKey(reader.bytes, key, length));
    if (ref !== 0) store.renew(ref, expireAt);
    store.slotSequence[slot] = sequence;
  }

  #expire(reader: UnitReader): void {
    const { store } = this.#node;
    const slot = reader.slot();
    const sequence = reader.f64();
    const expireAt = reader.f64();
    const length = reader.u32();
    const key = reader.part(length);
    const ref = store.locate(reader.bytes, key, length, slot, store.hashKey(reader.bytes, key, length));
    if (ref !== 0) {
      store.setExpiry(ref, expireAt, 0);
      store.setOwnLife(ref, expireAt > 0);
    }
    store.slotSequence[slot] = sequence;
  }

  #dump(reader: UnitReader): void {
    const slot = reader.slot();
    const sequence = reader.f64();
    const expireAt = reader.f64();
    const keyLength = reader.u32();
    const payloadLength = reader.u32();
    const key = reader.part(keyLength);
    const payload = reader.part(payloadLength);
    const { bytes } = reader;
    this.#perform(slot, 0, [restoreName, bytes.subarray(key, key + keyLength), Buffer.from(String(expireAt)), bytes.subarray(payload, payload + payloadLength), replaceWord, absoluteWord]);
    this.#node.store.slotSequence[slot] = sequence;
  }

  #run(reader: UnitReader): void {
    const slot = reader.slot();
    const nowMs = reader.f64();
    const argc = reader.u32();
    if (argc === 0 || argc > maxArguments) throw new BadUnit(`${argc} arguments`);
    const parts: Buffer[] = [];
    for (let i = 0; i < argc; i++) {
      const length = reader.u32();
      const start = reader.part(length);
      parts.push(reader.bytes.subarray(start, start + length));
    }
    this.#perform(slot, nowMs, parts);
  }

  #perform(slot: number, nowMs: number, parts: readonly Buffer[]): void {
    const call = this.#call;
    const { server, store } = this.#node;
    const command = server.table.named(parts[0].toString('latin1').toLowerCase());
    if (command?.run === undefined) throw new BadUnit(`command ${parts[0].toString('latin1', 0, 64)}`);
    call.bytes = Buffer.concat(parts);
    call.argc = parts.length;
    call.start = new Int32Array(parts.length);
    call.length = new Int32Array(parts.length);
    let at = 0;
    parts.forEach((part, i) => {
      call.start[i] = at;
      call.length[i] = part.length;
      at += part.length;
    });
    call.keySlot = slot;
    const key = command.firstKey > 0 && command.firstKey < parts.length ? command.firstKey : 0;
    call.keyHash = key === 0 ? 0 : store.hashKey(call.bytes, call.start[key], call.length[key]);
    call.nowMs = nowMs;
    this.#reply.reset();
    command.run(call);
    if (this.#reply.errorCount > 0) {
      this.#reply.errorCount = 0;
      throw new BadUnit(`${command.name} failed: ${Buffer.from(this.#reply.buffer.subarray(0, Math.min(this.#reply.position, 200))).toString('latin1')}`);
    }
  }
}
