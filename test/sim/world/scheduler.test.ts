import { describe, expect, it } from 'vitest';
import { createScheduler } from './scheduler.ts';

describe('virtual time', () => {
  it('runs by due time, then by order of arrival', () => {
    const world = createScheduler(1);
    const seen: string[] = [];
    const { timers, clock } = world.portsFor(() => true);
    const note = (name: string) => () => seen.push(`${name}@${clock.monotonicMs() - 1000}`);
    timers.after(20, note('late'));
    timers.after(10, note('first'));
    timers.after(10, note('second'));
    const repeated = timers.every(7, note('tick'));
    timers.after(15, () => timers.cancel(repeated));
    world.runUntil(1_100);
    expect(seen).toEqual(['tick@7', 'first@10', 'second@10', 'tick@14', 'late@20']);
  });

  it('ends the timers of a process that died', () => {
    const world = createScheduler(1);
    let alive = true;
    let ran = 0;
    const { timers } = world.portsFor(() => alive);
    timers.every(10, () => (ran += 1));
    world.runUntil(1_025);
    alive = false;
    world.runUntil(1_500);
    expect(ran).toBe(2);
  });

  it('gives the same numbers for the same seed', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, createScheduler(seed).rng.u32);
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });
});
