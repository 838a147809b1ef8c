import { describe, expect, it } from 'vitest';
import { commonPrefix, epochOfSeq, isPrefix, lineageUpTo, origin, withUnitOf, type Lineage } from './positions.ts';

const lineage: Lineage = [{ epoch: 1, firstSeq: 1 }, { epoch: 4, firstSeq: 11 }, { epoch: 5, firstSeq: 20 }];
const last = { epoch: 5, seq: 25 };

describe('P6: a log that ends elsewhere', () => {
  it.each([
    [{ epoch: 1, seq: 10 }, true],
    [{ epoch: 4, seq: 19 }, true],
    [{ epoch: 5, seq: 25 }, true],
    [origin, true],
    // the old primary wrote on after its successor had begun at 11
    [{ epoch: 1, seq: 11 }, false],
    [{ epoch: 1, seq: 25 }, false],
    // longer than ours
    [{ epoch: 5, seq: 26 }, false],
    [{ epoch: 3, seq: 12 }, false],
  ])('%j is a prefix: %s', (position, expected) => {
    expect(isPrefix(position, lineage, last)).toBe(expected);
  });

  it('finds where two logs part', () => {
    const other: Lineage = [{ epoch: 1, firstSeq: 1 }, { epoch: 2, firstSeq: 15 }];
    expect(commonPrefix(other, { epoch: 2, seq: 30 }, lineage, last)).toBe(10);
    expect(commonPrefix(lineage, last, [...lineage], { epoch: 5, seq: 22 })).toBe(22);
    expect(commonPrefix([], origin, lineage, last)).toBe(0);
  });

  it('adds an epoch with its first unit only', () => {
    expect(withUnitOf(withUnitOf([], 2, 1), 2, 2)).toEqual([{ epoch: 2, firstSeq: 1 }]);
    expect(withUnitOf(lineage, 7, 26)).toHaveLength(4);
  });

  it('forgets what is cut off', () => {
    expect(epochOfSeq(lineageUpTo(lineage, 15), { epoch: 4, seq: 15 }, 15)).toBe(4);
    expect(lineageUpTo(lineage, 15)).toHaveLength(2);
  });

  it('does not claim what its lineage no longer reaches', () => {
    let long: Lineage = [];
    for (let epoch = 1; epoch <= 100; epoch++) long = withUnitOf(long, epoch, epoch);
    expect(long).toHaveLength(64);
    expect(isPrefix({ epoch: 1, seq: 1 }, long, { epoch: 100, seq: 100 })).toBe(false);
  });
});
