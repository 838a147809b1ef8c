import { expect, it } from 'vitest';
import { Turns, type Waiting } from './turns.ts';

function connectionWith(requests: number, name: string, done: string[]): Waiting {
  let next = 0;
  return {
    runOne() {
      done.push(`${name}${next++}`);
      return next < requests;
    },
  };
}

it('runs a few at once and the rest in later turns, one request of each connection a round', () => {
  const soon: (() => void)[] = [];
  const done: string[] = [];
  const turns = new Turns({ soon: (run) => void soon.push(run) });
  expect(Array.from({ length: 5 }, () => turns.take())).toEqual([true, true, true, true, false]);
  turns.later(connectionWith(3, 'a', done));
  turns.later(connectionWith(2, 'b', done));
  expect(done).toEqual([]);
  soon.shift()?.();
  expect(done).toEqual(['a0', 'b0', 'a1', 'b1']);
  expect(turns.take()).toBe(false);
  soon.shift()?.();
  expect(done.at(-1)).toBe('a2');
  soon.shift()?.();
  expect(soon).toEqual([]);
  expect(turns.take()).toBe(true);
});
