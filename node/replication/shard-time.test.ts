import { describe, expect, it } from 'vitest';
import { createShardTime, steadyClock } from './shard-time.ts';

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

  it('is the wall clock of a node without copies, which a step moves as slowly', () => {
    const now = { wall: 10 * hourMs, monotonic: 0 };
    const clock = steadyClock({ wallMs: () => now.wall, monotonicMs: () => now.monotonic });
    Object.assign(now, { wall: 11 * hourMs + 1_000, monotonic: 1_000 });
    expect(clock.wallMs()).toBe(10 * hourMs + 1_050);
    Object.assign(now, { wall: 10 * hourMs + 2_000, monotonic: 2_000 });
    expect(clock.wallMs()).toBe(10 * hourMs + 2_000);
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
      time.observe(10 * hourMs + 500, 400, 1);
      expect(time.receivedMs).toBe(10 * hourMs + 500);
      const read = time.read(10 * hourMs + wrong + 600, 600);
      expect(Math.abs(read - (10 * hourMs + 700))).toBeLessThanOrEqual(10);
    }
  });

  it('follows a successor whose time lags, so that what that one gave a life to does not end early, and goes on hiding what was hidden', () => {
    const time = createShardTime(10 * hourMs, 0);
    time.observe(10 * hourMs + 500, 500, 1);
    // Elected with what the first had said 150 ms earlier.
    time.observe(10 * hourMs + 400, 550, 2);
    expect(time.receivedMs).toBe(10 * hourMs + 500);
    expect(time.read(10 * hourMs + 650, 650)).toBeLessThanOrEqual(10 * hourMs + 505);
  });

  it('goes on while its node sleeps: what was sent before is received after, and is not the present', () => {
    const time = createShardTime(10 * hourMs, 0);
    time.observe(10 * hourMs + 500, 500, 1);
    time.observe(10 * hourMs + 550, 5_500, 1);
    const read = time.read(10 * hourMs + 5_500, 5_500);
    expect(read).toBeGreaterThanOrEqual(10 * hourMs + 4_900);
    expect(read).toBeLessThanOrEqual(10 * hourMs + 5_500);
  });

  it('is the present for who wakes with what was kept, and no earlier than when it was kept; a later takeover does not set it back', () => {
    const time = createShardTime(10 * hourMs, 0);
    time.atLeast(2 * hourMs, 10 * hourMs + 100, 100);
    expect(time.read(10 * hourMs + 200, 200)).toBe(10 * hourMs + 200);
    time.atLeast(2 * hourMs, 10 * hourMs + 300, 300);
    expect(time.read(10 * hourMs + 400, 400)).toBe(10 * hourMs + 400);
    const behind = createShardTime(hourMs, 0);
    behind.atLeast(2 * hourMs, hourMs + 100, 100);
    expect(behind.read(hourMs + 200, 200)).toBeGreaterThanOrEqual(2 * hourMs);
  });
});
