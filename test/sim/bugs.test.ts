import { describe, expect, it } from 'vitest';
import { bugNames } from '../../node/replication/planted-bugs.ts';
import { catchBug, traps } from './bugs.ts';

/** A checker that cannot fail is a defect: each rule of the protocol is turned off in turn, and some checker must notice within the stated seeds. */
describe('planted bugs', () => {
  for (const name of bugNames) {
    const { rule, harm, withinSeeds } = traps[name];
    it(`${rule} ${name}: ${harm}`, { timeout: 120_000 }, () => {
      expect(catchBug(name), `${name} survived ${withinSeeds} seeds`).toBeDefined();
    });
  }

  it('defend every rule P1 to P16 and V1', () => {
    const rules = new Set(Object.values(traps).map((trap) => trap.rule));
    expect([...Array.from({ length: 16 }, (_, i) => `P${i + 1}`), 'V1'].filter((rule) => !rules.has(rule))).toEqual([]);
  });
});
