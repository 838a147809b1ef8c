import { describe, expect, it } from 'vitest';
import { createShardTime } from './shard-time.ts';

const hourMs = 3_600_000;

describe('P16: shard time', () => {
  it('expires nothing early when the wall clock jumps an hour ahead', () => {
    const time = createShardTime(1_000_000, 0);
    expect(time.read(1_001_000 + hourMs, 1_000)).toBeLessThanOrEqual(1_001_050);
  });

  it('does not go back when the wall clock does', () => {
    const time = createShardTime(1_000_000, 0);
    let last = 0;
    for (let ms = 1; ms <= 10_000; ms += 7) {
      const now = time.read(1_000_000 + ms - hourMs, ms);
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
    expect(last).toBeGreaterThan(1_009_000);
  });

  it('reaches the wall clock in the end', () => {
    const time = createShardTime(1_000_000, 0);
    let now = 0;
    for (let ms = 0; ms <= 400_000; ms += 100) now = time.read(1_010_000 + ms, ms);
    expect(now).toBe(1_410_000);
  });

  it('a successor starts no lower than its predecessor', () => {
    const time = createShardTime(1_000_000, 0);
    time.observe(1_500_000);
    expect(time.read(1_000_010, 10)).toBeGreaterThanOrEqual(1_500_000);
  });
});
