import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBacklog, packedCount, readLength, unitHeadBytes } from './backlog.ts';

const unitOf = (seq: number, length: number): Uint8Array => new Uint8Array(length).fill(seq & 0xff);

describe('backlog ring', () => {
  it('gives back what it holds, whatever sizes came before', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 70 }), { minLength: 1, maxLength: 300 }), fc.integer({ min: 64, max: 200 }), fc.integer({ min: 2, max: 40 }), (lengths, capacity, maxUnits) => {
        const backlog = createBacklog(capacity, maxUnits);
        lengths.forEach((length, i) => {
          const keepAfter = Math.max(0, i - 3);
          const fits = backlog.fits(unitHeadBytes + length, keepAfter);
          const heldBefore = backlog.oldestSeq <= keepAfter + 1;
          backlog.append(7, i + 1, unitOf(i + 1, length));
          const room = unitHeadBytes + length <= capacity;
          if (heldBefore && room) expect(backlog.oldestSeq <= keepAfter + 1).toBe(fits);
          let held = 0;
          backlog.each(backlog.oldestSeq, backlog.newestSeq, (epoch, seq, unit) => {
            expect(epoch).toBe(7);
            expect(unit.length).toBe(lengths[seq - 1]);
            expect(unit.every((byte) => byte === (seq & 0xff))).toBe(true);
            held += unitHeadBytes + unit.length;
          });
          expect(backlog.bytesHeld).toBe(held);
          expect(held).toBeLessThanOrEqual(capacity);
          expect(backlog.newestSeq).toBe(i + 1);
          if (room) expect(backlog.covers(i)).toBe(true);
        });
      }),
    );
  });

  it('keeps about its whole size', () => {
    const backlog = createBacklog(1000);
    for (let seq = 1; seq <= 500; seq++) backlog.append(1, seq, unitOf(seq, 6));
    expect(backlog.newestSeq - backlog.oldestSeq + 1).toBeGreaterThanOrEqual(98);
  });

  it('is emptied by a unit larger than itself: who lags must sync in full', () => {
    const backlog = createBacklog(100);
    backlog.append(1, 1, unitOf(1, 10));
    backlog.append(1, 2, unitOf(2, 101));
    expect(backlog.covers(1)).toBe(false);
    expect(backlog.covers(2)).toBe(true);
  });

  it('cuts batches by bytes and by epoch but never makes an empty one', () => {
    const backlog = createBacklog(1000);
    for (let seq = 1; seq <= 10; seq++) backlog.append(seq < 8 ? 1 : 2, seq, unitOf(seq, 50));
    expect(backlog.batch(1, 120).count).toBe(2);
    expect(backlog.batch(9, 10).count).toBe(1);
    expect(backlog.batch(5, 1_000)).toMatchObject({ epoch: 1, count: 3 });
  });

  it('takes a batch of another ring in one piece, wherever its end is', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 60 }), fc.integer({ min: 130, max: 300 }), (batches, capacity) => {
        const from = createBacklog(4_096, 64);
        const to = createBacklog(capacity, 40);
        let seq = 0;
        for (const lengths of batches) {
          const first = seq + 1;
          for (const length of lengths) from.append(3, ++seq, unitOf(seq, length));
          for (let next = first; next <= seq; ) {
            const units = from.batch(next, 1_000);
            expect(packedCount(units.bytes, units.start, units.end)).toBe(units.count);
            expect(packedCount(units.bytes, units.start, units.end - 1)).toBeUndefined();
            to.appendPacked(next, units);
            next += units.count;
          }
          expect(to.newestSeq).toBe(seq);
          expect(to.epochOf(seq)).toBe(3);
          to.eachPlace(to.oldestSeq, seq, (unitSeq, bytes, start, end) => {
            expect(readLength(bytes, start - unitHeadBytes)).toBe(end - start);
            expect(bytes.subarray(start, end).every((byte) => byte === (unitSeq & 0xff))).toBe(true);
          });
          expect(to.covers(first)).toBe(true);
        }
      }),
    );
  });

  it('refuses a gap', () => {
    const backlog = createBacklog(100);
    backlog.reset({ epoch: 3, seq: 41 });
    expect(() => backlog.append(3, 43, unitOf(1, 1))).toThrow(RangeError);
    backlog.append(3, 42, unitOf(1, 1));
    expect(backlog.covers(41)).toBe(true);
    expect(backlog.covers(40)).toBe(false);
  });
});
