import { describe, expect, it } from 'vitest';
import { isTest, readSources } from './source-files.ts';

/** The rules of the data plane that are built. Those of several regions (B4, B6 to B8, L1 to L5, V2, V3) follow with what they rule. */
const rules = [...Array.from({ length: 16 }, (_, index) => `P${index + 1}`), 'V1', 'B0', 'B1', 'B2', 'B3', 'B5', 'B9', 'B10', 'H1'];

/** Interleavings and traps of the simulation are tests as data: sim.test.ts and bugs.test.ts run each of them. */
const testsAsData = ['test/sim/bugs.ts', 'test/sim/scripts/scripts.ts', 'test/sim/moves/scripts.ts', 'test/sim/cluster/scripts.ts'];

describe('rules', () => {
  const sources = readSources();
  const tests = sources.filter(({ path }) => path.endsWith('.test.ts') || testsAsData.includes(path));

  it('are each cited by a test that defends them', () => {
    const cites = (rule: string): boolean => tests.some(({ path, text }) => path !== 'test/house/rules.test.ts' && new RegExp(`\\b${rule}\\b`).test(text));
    expect(rules.filter((rule) => !cites(rule))).toEqual([]);
  });

  it('that product code names are rules that are built', () => {
    const known = new Set(rules);
    const named = sources.filter(({ path }) => path.startsWith('node/') && !isTest(path)).flatMap(({ path, text }) => [...text.matchAll(/\((P\d+|B\d+|V\d|H\d)[),:]/g)].map(([, rule]) => ({ path, rule })));
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter(({ rule }) => !known.has(rule))).toEqual([]);
  });
});
