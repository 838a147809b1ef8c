import { describe, expect, it } from 'vitest';
import { Ghosts } from './ghosts.ts';

const hashOf = (n: number): number => (Math.imul(Math.imul(n ^ (n >>> 15), 0x2c1b3c6d) ^ (n << 9), 0x297a2d39) >>> 1) & 0x7fffffff;
const leastTableBytes = 512;
/** An entry's pair in the index and its place in a queue. */
const besideRecordBytes = 18;

describe('ghosts', () => {
  it.each([48, 96, 152, 200, 1_000, 20_000])('take at most 3 %% of the memory of entries with records of %i bytes, however many there are', (recordBytes) => {
    const ghosts = new Ghosts();
    const counts = [...Array.from({ length: 60 }, (_, i) => Math.round(1_000 * 1.13 ** i)), ...Array.from({ length: 60 }, (_, i) => Math.round(1_500_000 * 0.89 ** i))];
    for (const entries of counts) {
      ghosts.resize(entries, entries, entries * recordBytes);
      expect(ghosts.memoryBytes).toBeLessThanOrEqual(Math.max(leastTableBytes, entries * (recordBytes + besideRecordBytes) * 0.03));
    }
  });

  it('remember as many of the last as there are entries, most of them in their order, and hardly a stranger', () => {
    const ghosts = new Ghosts();
    const entries = 20_000;
    ghosts.resize(entries, entries, entries * 300);
    ghosts.setWindow(0, entries);
    for (let n = 0; n < entries * 4; n++) ghosts.add(hashOf(n), 0);
    const remembered = (from: number, to: number): number => {
      let count = 0;
      for (let n = from; n < to; n++) if (ghosts.take(hashOf(n)) === 1) count++;
      return count / (to - from);
    };
    expect(remembered(entries * 5, entries * 6)).toBeLessThan(0.002);
    expect(remembered(entries * 3.5, entries * 4)).toBeGreaterThan(0.95);
    expect(remembered(entries * 3, entries * 3.5)).toBeGreaterThan(0.6);
    expect(remembered(entries * 2, entries * 2.5)).toBeLessThan(0.05);
  });

  it('give each kind its window', () => {
    const ghosts = new Ghosts();
    const entries = 16_000;
    ghosts.resize(entries, entries, entries * 300);
    ghosts.setWindow(0, entries / 4);
    ghosts.setWindow(1, (entries * 3) / 4);
    for (let n = 0; n < entries * 4; n++) ghosts.add(hashOf(n), n % 2 === 0 ? 0 : 1);
    const found = [0, 0, 0];
    for (let n = 0; n < entries * 4; n++) found[ghosts.take(hashOf(n))]++;
    expect(found[1] / entries).toBeGreaterThan(0.2);
    expect(found[1] / entries).toBeLessThan(0.3);
    expect(found[2] / entries).toBeGreaterThan(0.65);
    expect(found[2] / entries).toBeLessThan(0.8);
  });
});
