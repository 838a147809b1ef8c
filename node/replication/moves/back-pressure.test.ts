import { describe, expect, it } from 'vitest';
import { slotCount } from '../../../shared/slots/crc16.ts';
import { emptyLedger } from './ledger.ts';
import type { MoveEnvelope, MoveMessage } from './messages.ts';
import { createMover, type MoverEvent } from './mover.ts';
import { noMoveBugs } from './planted-bugs.ts';
import { standardLimits, type MoverEffect } from './state.ts';

const chunkBytes = 96 * 1024;
const tickMs = 20;
const bound = 2 * 1024 * 1024;
const map = { formatVersion: 1 as const, version: 1, ranges: [{ from: 0, to: slotCount - 1, shard: 0, generation: 1 }], moves: [] };

const batchSlots = 64;
/** To two targets in turns. */
const inTurns = Array.from({ length: slotCount / batchSlots }, (_, i) => ({ from: i * batchSlots, to: (i + 1) * batchSlots - 1, shard: 1 + (i % 2) }));

/** A shard's primary with more to give away than any buffer holds; what it sends, and when. */
function newSource(bytesPerSecond?: number) {
  let now = 0;
  let ids = 0;
  let recycled = 0;
  const sent: { readonly atMs: number; readonly message: Extract<MoveMessage, { type: 'chunk' }> }[] = [];
  const opened: MoveMessage[] = [];
  const mover = createMover({
    shard: 0, newId: () => `m${++ids}`, jitter: () => 0, bugs: noMoveBugs, limits: { ...standardLimits, mostUnderWayBytes: bound },
    store: { log: () => 1, bytesOfSlot: () => 1024 * 1024, isClean: () => true, drop: () => true, take: () => 1, startCopy: () => 64 * 1024 * 1024, changesOf: () => 0, stopCopy: () => undefined, recycle: () => recycled++ },
  });
  /** Asked for and not read yet. */
  const asked: Extract<MoverEffect, { type: 'next-chunk' }>[] = [];
  let reads = true;
  function step(event: MoverEvent): void {
    for (const effect of mover.step(event, now)) {
      if (effect.type === 'next-chunk' && !reads) asked.push(effect);
      else if (effect.type === 'next-chunk') step({ type: 'chunk-read', id: effect.id, session: effect.session, bytes: new Uint8Array(chunkBytes), keys: 96, scanned: false, sealed: false });
      else if (effect.type === 'send' && effect.message.type === 'chunk') sent.push({ atMs: now, message: effect.message });
      else if (effect.type === 'send' && effect.message.type === 'open') opened.push(effect.message);
    }
  }
  step({ type: 'map', map });
  step({ type: 'lead', epoch: 1, ledger: emptyLedger, emptied: false, seq: 0 });
  step({ type: 'targets', targets: { formatVersion: 1, generation: 1, ranges: inTurns, bytesPerSecond } });
  const hear = (fromShard: number, message: MoveMessage): void => step({ type: 'message', envelope: { fromShard, toShard: 0, message } satisfies MoveEnvelope });
  return {
    sent,
    hear,
    asked,
    wants: mover.wants,
    rest: (): void => void (reads = false),
    targetOf: (id: string): number => mover.state.outgoing.get(id)?.move.target ?? -1,
    underWay: (): number => [...mover.state.outgoing.values()].reduce((bytes, one) => bytes + one.underWay.reduce((sum, chunk) => sum + chunk.bytes.length, 0), 0),
    get recycled() {
      return recycled;
    },
    pass(ms: number): void {
      for (const until = now + ms; now < until; now += tickMs) step({ type: 'tick' });
    },
    ready(): void {
      step({ type: 'tick' });
      for (const message of opened.splice(0)) if (message.type === 'open') hear(message.move.target, { type: 'ready', id: message.move.id, session: message.session });
    },
  };
}

describe('what moves have under way', () => {
  it('is bounded, and a target that takes nothing is asked ever more seldom with one chunk a move', () => {
    const source = newSource();
    source.ready();
    source.pass(60_000);
    expect(source.underWay()).toBeLessThanOrEqual(bound + standardLimits.mostMoves * chunkBytes);
    const moves = new Set(source.sent.map(({ message }) => message.id));
    const first = source.sent.filter(({ message }, i) => source.sent.findIndex((one) => one.message.id === message.id && one.message.index === message.index) === i);
    const again = source.sent.length - first.length;
    expect(again).toBeGreaterThan(moves.size);
    // After 0.5 and 1.5 s and every 2 s from then on, and a target that comes back is found as soon: before, all that was under way every half second.
    expect(again).toBeLessThanOrEqual(moves.size * 32);
  });

  it('keeps to the rate of each pair of shards, whatever the target can take', () => {
    const rate = 2 * 1024 * 1024;
    const source = newSource(rate);
    source.ready();
    source.sent.length = 0;
    const seconds = 10;
    const bytes = new Map<number, number>();
    for (let tick = 0; tick < (seconds * 1000) / tickMs; tick++) {
      for (const { message } of source.sent.splice(0)) {
        const target = source.targetOf(message.id);
        bytes.set(target, (bytes.get(target) ?? 0) + message.bytes.length);
        source.hear(target, { type: 'taken', id: message.id, session: message.session, next: message.index + 1 });
      }
      source.pass(tickMs);
    }
    expect([...bytes.keys()].toSorted()).toEqual([1, 2]);
    for (const sent of bytes.values()) {
      expect(sent).toBeLessThanOrEqual(rate * seconds * 1.02 + chunkBytes);
      expect(sent).toBeGreaterThan(rate * seconds * 0.9);
    }
  });

  it('goes again, all of it and in order, when the network lost it', () => {
    const source = newSource();
    source.ready();
    source.pass(100);
    const { id, session } = source.sent[0].message;
    const lost = source.sent.splice(0).filter(({ message }) => message.id === id).length;
    expect(lost).toBeGreaterThan(1);
    // The target takes what comes in its turn, and says of each chunk what it waits for.
    let next = 0;
    for (let round = 0; round < 200 && next < lost; round++) {
      for (const { message } of source.sent.splice(0)) if (message.id === id) {
        if (message.index === next) next++;
        source.hear(1, { type: 'taken', id, session, next });
      }
      source.pass(tickMs);
    }
    expect(next).toBeGreaterThanOrEqual(lost);
    expect(source.recycled).toBeGreaterThanOrEqual(lost);
  });

  it('is never read for a session that is over: the copy that has begun again would miss it', () => {
    const source = newSource();
    source.rest();
    source.ready();
    const [first] = source.asked;
    expect(source.wants(first)).toBe(true);
    // A target that has lost what it had, while the source rests before it reads.
    source.hear(1, { type: 'lost', id: first.id, session: first.session });
    expect(source.wants(first)).toBe(false);
    source.asked.length = 0;
    source.ready();
    expect(source.asked.filter(({ id }) => id === first.id).map((one) => source.wants(one))).toEqual([true]);
  });
});
