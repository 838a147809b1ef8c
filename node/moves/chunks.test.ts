import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemPorts } from '../../shared/ports/system.ts';
import { slotCount, slotOfKey } from '../../shared/slots/crc16.ts';
import { Applier } from '../copies/applier.ts';
import { Recorder } from '../copies/recorder.ts';
import { Store } from '../engine/store.ts';
import { createNodeContext } from '../server/create-node-context.ts';
import { buildView } from '../topology/build-view.ts';
import { ChunkPool } from './chunk-pool.ts';
import type { ChunkBounds } from '../copies/pace.ts';
import { chunkBufferBytes, CopyOut } from './copy-out.ts';
import { takeChunk } from './take-in.ts';
import { everyRef } from '../../test/copies/every-ref.ts';

const self = { pod: 'p', uid: 'u', incarnation: 'i', generation: 1, version: 1, state: 'alive', region: 'r', shard: 0, role: 'primary', epoch: 1, ip: '127.0.0.1', hostname: 'h', redisPort: 1, httpPort: 2, busPort: 3 } as const;
const nowMs = 1_700_000_000_000;
const whole = { from: 0, to: slotCount - 1 };
/** So that a few hundred keys take many chunks. */
const small: ChunkBounds = { bytes: 2_000, untilMs: Infinity };

const newPool = (): ChunkPool => new ChunkPool(chunkBufferBytes, () => 4 * chunkBufferBytes);

/** One end of a move without sockets, and the units of its log. */
function newEnd(limitBytes = 0) {
  const store = new Store({ seed: 3, limitBytes, segmentBytes: 65_536, random: Math.random });
  const map = { formatVersion: 1 as const, version: 1, ranges: [], moves: [] };
  const applier = new Applier(createNodeContext({ ports: systemPorts, store, cluster: buildView({ clusterUid: 'c', announce: 'ip', records: [self], map, serving: true }) }));
  const recorder = new Recorder(store);
  const log: Buffer[] = [];
  const end = (): number => {
    recorder.settle();
    if (recorder.opCount > 0) log.push(Buffer.from(recorder.unit.view()));
    recorder.clear();
    return log.length;
  };
  store.feed = recorder;
  return { store, log, stream: { recorder, applier, end } };
}

type End = ReturnType<typeof newEnd>;

function put({ store, stream }: End, name: string, value: Buffer, expireAt = 0): void {
  const key = Buffer.from(name);
  store.put(key, 0, key.length, slotOfKey(key), store.hashKey(key, 0, key.length), value, 0, value.length, 0, expireAt, nowMs);
  stream.recorder.clear();
}

function remove({ store, stream }: End, name: string): void {
  const key = Buffer.from(name);
  store.remove(key, 0, key.length, slotOfKey(key), store.hashKey(key, 0, key.length), nowMs);
  stream.recorder.clear();
}

/** Every entry with its value, expiry, version and time. */
function contents({ store }: End): readonly string[] {
  const found: string[] = [];
  for (const ref of everyRef(store)) {
    store.open(ref);
    const text = Buffer.from(store.entryBytes.buffer, store.entryBytes.byteOffset + store.keyStart, store.keyLength + store.valueLength).toString('latin1');
    found.push(`${text} ${store.expiryOf(ref)} ${store.epochOf(ref)}.${store.sequenceOf(ref)} ${store.writtenAtSeconds(ref)}`);
  }
  return found.toSorted();
}

const sequences = ({ store }: End): Buffer => Buffer.from(store.slotSequence.buffer);

/** A copy of the shard, which has its log only. */
function follower(of: End): End {
  const one = newEnd();
  one.store.feed = undefined;
  one.store.replica = true;
  for (const unit of of.log) one.stream.applier.apply(unit);
  return one;
}

function startCopy(source: End): CopyOut {
  const copies = new CopyOut(source.store, () => 0, newPool());
  copies.attach(source.stream.recorder);
  copies.start('m', whole);
  return copies;
}

describe('chunks of slots that move', () => {
  it('bring everything as it is, whatever changes meanwhile, and every copy of the target follows', () => {
    const change = fc.record({ key: fc.nat(300), size: fc.oneof(fc.nat(100), fc.integer({ min: 1_000, max: 9_000 })), expires: fc.boolean(), gone: fc.boolean() });
    fc.assert(fc.property(fc.array(change, { maxLength: 400 }), fc.nat(6), (changes, between) => {
      const [source, target] = [newEnd(), newEnd()];
      for (let i = 0; i < 250; i++) put(source, `k${i}`, Buffer.alloc(i % 90, 'x'), i % 3 === 0 ? nowMs + 1_000_000 + i : 0);
      const copies = startCopy(source);
      const left = [...changes];
      for (let isOver = false; !isOver; ) {
        for (const { key, size, expires, gone } of left.splice(0, between + 1)) {
          if (gone) remove(source, `k${key}`);
          else put(source, `k${key}`, Buffer.alloc(size, 'y'), expires ? nowMs + 5_000_000 : 0);
        }
        const read = copies.next('m', left.length === 0, small);
        if (read === undefined) throw new Error('no copy');
        expect(takeChunk(target.store, target.stream, read.bytes)).not.toBe('full');
        copies.recycle(read.bytes);
        isOver = read.sealed;
      }
      expect(contents(target)).toEqual(contents(source));
      expect(sequences(target).equals(sequences(source))).toBe(true);
      const copy = follower(target);
      expect(contents(copy)).toEqual(contents(target));
      expect(sequences(copy).equals(sequences(target))).toBe(true);
    }), { numRuns: 8 });
  });

  it('that do not fit are refused, and the log says no less than what the target has', () => {
    const [source, target] = [newEnd(), newEnd(2 * 1024 * 1024)];
    for (let i = 0; i < 600; i++) put(source, `k${i}`, Buffer.alloc(8_000, 'x'));
    const copies = startCopy(source);
    const answers: (number | 'full')[] = [];
    while (answers.at(-1) !== 'full' && answers.length < 200) answers.push(takeChunk(target.store, target.stream, copies.next('m', false, { bytes: 60_000, untilMs: Infinity })?.bytes ?? Buffer.alloc(0)));
    expect(target.store.index.total).toBeGreaterThan(50);
    expect(contents(follower(target))).toEqual(contents(target));
  });

  it('push out what the policy of the target gives up, in every copy of it', () => {
    const [source, target] = [newEnd(), newEnd(2 * 1024 * 1024)];
    target.store.setPolicy('allkeys-random');
    for (let i = 0; i < 150; i++) put(target, `old${i}`, Buffer.alloc(8_000, 'o'));
    const before = newEnd();
    for (let i = 0; i < 150; i++) put(before, `old${i}`, Buffer.alloc(8_000, 'o'));
    for (let i = 0; i < 150; i++) put(source, `k${i}`, Buffer.alloc(8_000, 'x'));
    const copies = startCopy(source);
    for (let isOver = false; !isOver; ) {
      const read = copies.next('m', true, { bytes: 60_000, untilMs: Infinity });
      if (read === undefined) throw new Error('no copy');
      expect(takeChunk(target.store, target.stream, read.bytes)).not.toBe('full');
      isOver = read.sealed;
    }
    expect(target.store.evictedKeys).toBeGreaterThan(0);
    before.store.replica = true;
    before.store.feed = undefined;
    for (const unit of target.log) before.stream.applier.apply(unit);
    expect(contents(before).map((one) => one.split(' ')[0])).toEqual(contents(target).map((one) => one.split(' ')[0]));
  });

  it('end with their turn, and use their buffers again', () => {
    const source = newEnd();
    for (let i = 0; i < 500; i++) put(source, `k${i}`, Buffer.alloc(500, 'x'));
    let now = 0;
    const copies = new CopyOut(source.store, () => ++now, newPool());
    copies.attach(source.stream.recorder);
    copies.start('m', whole);
    const first = copies.next('m', false, { bytes: 1_000_000, untilMs: 20 });
    expect(first?.scanned).toBe(false);
    expect(first?.bytes.length).toBeLessThan(30_000);
    const again = copies.next('m', false, small);
    expect(again?.bytes.buffer).not.toBe(first?.bytes.buffer);
    copies.recycle(first?.bytes ?? Buffer.alloc(0));
    expect(copies.next('m', false, small)?.bytes.buffer).toBe(first?.bytes.buffer);
  });
});
