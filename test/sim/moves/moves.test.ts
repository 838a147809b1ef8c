import { describe, expect, it } from 'vitest';
import { moveBugNames } from '../../../node/replication/moves/planted-bugs.ts';
import { catchMoveBug, moveTraps } from './bugs.ts';
import { runMoves, type MoveRunResult } from './run.ts';
import { dieAt, moveScripts, steps } from './scripts.ts';

const said = (name: string, { seed, violations }: MoveRunResult): string[] => violations.map((what) => `${name}, seed ${seed}: ${what}`);

describe('moves of slots between three shards', () => {
  it('B9: lose and double nothing under mixed faults and targets that change at any time', { timeout: 300_000 }, () => {
    const violations: string[] = [];
    for (let seed = 1; seed <= 10; seed++) violations.push(...said('mixed', runMoves({ seed, durationMs: 5_000 })));
    for (let seed = 1; seed <= 3; seed++) violations.push(...said('whole shards lost', runMoves({ seed, durationMs: 5_000, profile: { name: 'shards', kinds: ['killShard', 'killPrimary'] } })));
    expect(violations).toEqual([]);
  });

  it('B9: go on, or are undone, when source or target or a copy of either dies at any step', { timeout: 300_000 }, () => {
    const violations: string[] = [];
    for (const step of steps) for (const victim of ['source', 'sourceCopy', 'target', 'targetCopy'] as const) {
      const { profile, run } = dieAt(step, victim, (step.length + victim.length) % 2 === 0);
      const result = runMoves({ seed: 1, durationMs: 3_500, profile, script: run, trace: true });
      violations.push(...said(profile.name, result));
      if (!result.trace.some((line) => line.includes('dies at'))) violations.push(`${profile.name}: nothing came to this step`);
    }
    expect(violations).toEqual([]);
  });

  it('keep every promise through the scripted interleavings', { timeout: 300_000 }, () => {
    const violations = Object.entries(moveScripts).flatMap(([name, { profile, run }]) => [1, 2].flatMap((seed) => said(name, runMoves({ seed, durationMs: 7_000, profile, script: run }))));
    expect(violations).toEqual([]);
  });

  it('are the same run for the same seed', () => {
    const hash = (seed: number): string => runMoves({ seed, durationMs: 3_000 }).hash;
    expect(hash(5)).toBe(hash(5));
    expect(hash(5)).not.toBe(hash(6));
  });
});

/** A checker that cannot fail is a defect: each rule of B9 is turned off in turn. */
describe('planted bugs about moves', () => {
  for (const name of moveBugNames) {
    it(`${name}: ${moveTraps[name].harm}`, { timeout: 300_000 }, () => {
      expect(catchMoveBug(name), `${name} survived ${moveTraps[name].withinSeeds} seeds`).toBeDefined();
    });
  }
});
