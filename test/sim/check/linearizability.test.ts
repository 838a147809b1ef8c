import { describe, expect, it } from 'vitest';
import { createRng } from '../world/rng.ts';
import type { Operation } from './history.ts';
import { checkLinearizability } from './linearizability.ts';

let id = 0;
const op = (kind: Operation['kind'], callMs: number, returnMs: number | undefined, value?: string): Operation => ({ id: id++, client: id, key: 'k', kind, value, callMs, returnMs, outcome: returnMs === undefined ? 'unknown' : 'ok' });

describe('linearizability of one register', () => {
  it('accepts an overlap that some order explains', () => {
    expect(checkLinearizability([op('write', 0, 10, 'a'), op('read', 5, 6), op('read', 7, 8, 'a')]).ok).toBe(true);
  });

  it('refuses a read of the old value after the new one was acknowledged', () => {
    expect(checkLinearizability([op('write', 0, 1, 'a'), op('write', 2, 3, 'b'), op('read', 4, 5, 'a')]).ok).toBe(false);
  });

  it('refuses new then old', () => {
    expect(checkLinearizability([op('write', 0, 1, 'a'), op('write', 2, 20, 'b'), op('read', 3, 4, 'b'), op('read', 5, 6, 'a')]).ok).toBe(false);
  });

  it('lets an unanswered write happen late, or never', () => {
    expect(checkLinearizability([op('write', 0, 1, 'a'), op('write', 2, undefined, 'b'), op('read', 3, 4, 'a'), op('read', 50, 51, 'b')]).ok).toBe(true);
    expect(checkLinearizability([op('write', 0, 1, 'a'), op('write', 2, undefined, 'b'), op('read', 50, 51, 'a')]).ok).toBe(true);
    expect(checkLinearizability([op('write', 0, 1, 'a'), op('write', 2, undefined, 'b'), op('read', 3, 4, 'b'), op('read', 50, 51, 'a')]).ok).toBe(false);
  });

  it('refuses a deleted value that comes back', () => {
    expect(checkLinearizability([op('write', 0, 1, 'a'), op('delete', 2, 3), op('read', 4, 5, 'a')]).ok).toBe(false);
  });

  it('accepts what a real register did and refuses it once a read is falsified, 200 times', () => {
    for (let seed = 0; seed < 200; seed++) {
      const rng = createRng(seed);
      let state: string | undefined;
      const operations: Operation[] = [];
      for (let i = 0; i < 40; i++) {
        const effectMs = i * 10;
        const kind = rng.pick(['read', 'write', 'delete'] as const);
        if (kind === 'write') state = `v${i}`;
        if (kind === 'delete') state = undefined;
        operations.push({ id: i, client: i % 5, key: 'k', kind, value: kind === 'delete' ? undefined : state, callMs: effectMs - rng.below(30), returnMs: effectMs + rng.below(30), outcome: 'ok' });
      }
      expect(checkLinearizability(operations).ok).toBe(true);
      const read = operations.find((one) => one.kind === 'read');
      if (read === undefined) continue;
      read.value = 'never written';
      expect(checkLinearizability(operations).ok).toBe(false);
    }
  });
});
