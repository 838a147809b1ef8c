import { describe, expect, it } from 'vitest';
import { createShardTime } from './shard-time.ts';

const hourMs = 3_600_000;

describe('shard time (P16)', () => {
  it('follows a right wall clock exactly', () => {
    const time = createShardTime(1_000_000, 0);
    expect(time.read(1_005_000, 5_000)).toBe(1_005_000);
  });

  it('moves by a twentieth when the wall clock steps by an hour, either way', () => {
    for (const step of [hourMs, -hourMs]) {
      const time = createShardTime(10 * hourMs, 0);
      const after = time.read(10 * hourMs + 1_000 + step, 1_000);
      expect(Math.abs(after - (10 * hourMs + 1_000))).toBeLessThanOrEqual(50);
    }
  });

  it('never runs backwards', () => {
    const time = createShardTime(10 * hourMs, 0);
    let last = 0;
    for (let i = 1; i < 100; i++) {
      const read = time.read(10 * hourMs + (i % 7) * 1_000 - i * 100, i * 3);
      expect(read).toBeGreaterThanOrEqual(last);
      last = read;
    }
  });

  it('goes on in a successor from what its predecessor said, even when its own wall clock is an hour ahead or behind', () => {
    for (const wrong of [hourMs, -hourMs]) {
      const time = createShardTime(10 * hourMs + wrong, 0);
      time.observe(10 * hourMs + 500, 400);
      time.observe(10 * hourMs + 100, 450);
      expect(time.receivedMs).toBe(10 * hourMs + 500);
      const read = time.read(10 * hourMs + wrong + 600, 600);
      expect(Math.abs(read - (10 * hourMs + 700))).toBeLessThanOrEqual(10);
    }
  });
});
