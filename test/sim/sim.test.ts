import { describe, expect, it } from 'vitest';
import { scripts } from './scripts/scripts.ts';
import { profiles, profileNames } from './shard/faults.ts';
import { runShard } from './shard/run.ts';

const seeds = 40;

describe('a shard under mixed faults', () => {
  it(`keeps every promise over ${seeds} seeds`, { timeout: 120_000 }, () => {
    const violations: string[] = [];
    for (let seed = 1; seed <= seeds; seed++) for (const what of runShard({ seed, durationMs: 6_000 }).violations) violations.push(`seed ${seed}: ${what}`);
    expect(violations).toEqual([]);
  });

  it('keeps them in each profile of faults', { timeout: 120_000 }, () => {
    const violations: string[] = [];
    for (const name of profileNames) for (const what of runShard({ seed: 7, profile: profiles[name], durationMs: 6_000 }).violations) violations.push(`${name}: ${what}`);
    expect(violations).toEqual([]);
  });

  it('keeps them through the scripted interleavings', { timeout: 120_000 }, () => {
    const violations: string[] = [];
    for (const { profile, run } of Object.values(scripts)) for (const seed of [1, 2, 3]) for (const what of runShard({ seed, profile, script: run }).violations) violations.push(`${profile.name} ${seed}: ${what}`);
    expect(violations).toEqual([]);
  });

  it('is the same run for the same seed', () => {
    const hash = (seed: number): string => runShard({ seed, durationMs: 3_000 }).hash;
    expect(hash(11)).toBe(hash(11));
    expect(hash(11)).not.toBe(hash(12));
  });
});
