import { describe, expect, it } from 'vitest';
import { catchClusterBug, clusterBugNames, clusterTraps } from './bugs.ts';
import { runCluster } from './run.ts';
import { clusterScripts } from './scripts.ts';

const seeds = 4;

describe('a whole cluster with the production operator', () => {
  it(`keeps every promise over ${seeds} seeds of changes and faults`, { timeout: 180_000 }, async () => {
    const violations: string[] = [];
    for (let seed = 1; seed <= seeds; seed++) for (const what of (await runCluster({ seed, durationMs: 6_000 })).violations) violations.push(`seed ${seed}: ${what}`);
    expect(violations).toEqual([]);
  });

  it('keeps them through single courses of events', { timeout: 180_000 }, async () => {
    const violations: string[] = [];
    for (const { profile, run } of Object.values(clusterScripts)) for (const what of (await runCluster({ seed: 1, profile, script: run })).violations) violations.push(`${profile.name}: ${what}`);
    expect(violations).toEqual([]);
  });

  it('is the same run for the same seed', { timeout: 60_000 }, async () => {
    const hash = async (seed: number): Promise<string> => (await runCluster({ seed, durationMs: 500 })).hash;
    expect(await hash(11)).toBe(await hash(11));
  });
});

/** A judge that cannot fail is a defect: rules of the operator, and of snapshots, are turned off in turn. */
describe('planted bugs of the operator and of snapshots', () => {
  for (const name of clusterBugNames) {
    const { harm, withinSeeds } = clusterTraps[name];
    it(`${name}: ${harm}`, { timeout: 120_000 }, async () => {
      expect(await catchClusterBug(name), `${name} survived ${withinSeeds} seeds`).toBeDefined();
    });
  }
});
