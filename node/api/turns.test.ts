import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

it('runs a few at once and the rest in later turns, in order', () => {
  const soon: (() => void)[] = [];
  const done: number[] = [];
  const take = createTurns<number>({ soon: (run) => void soon.push(run) }, (work) => void done.push(work));
  for (let i = 0; i < 10; i++) take(i);
  expect(done).toEqual([0, 1, 2, 3]);
  soon.shift()?.();
  expect(done.length).toBe(8);
  take(10);
  soon.shift()?.();
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  soon.shift()?.();
  expect(soon).toEqual([]);
  take(11);
  expect(done.at(-1)).toBe(11);
});
