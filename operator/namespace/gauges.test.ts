import { expect, it } from 'vitest';
import { awaitsFirst, gaugePeriodMs, mostFirstPolls, showGauges } from './gauges.ts';

const gauges = (keys: number) => ({ keys, memoryUsed: keys * 100, evictions: 0, throttled: 0 });
const keysOf = (shown: ReturnType<typeof showGauges>): number | undefined => shown.get('a')?.gauges.keys;

it('shows first figures at once, and none twice within a minute', () => {
  const empty = showGauges(new Map(), new Map([['a', gauges(0)]]), 0);
  const first = showGauges(empty, new Map([['a', gauges(5)]]), 10_000);
  expect([keysOf(empty), keysOf(first)]).toEqual([0, 5]);
  const soon = showGauges(first, new Map([['a', gauges(9)]]), 10_000 + gaugePeriodMs - 1);
  expect(keysOf(soon)).toBe(5);
  expect(keysOf(showGauges(soon, new Map([['a', gauges(9)]]), 10_000 + gaugePeriodMs))).toBe(9);
  expect(showGauges(first, new Map(), 20_000).size).toBe(0);
});

it('asks soon while a namespace of the newest document has nothing to show, but not for ever', () => {
  const shown = showGauges(new Map(), new Map([['a', gauges(5)]]), 0);
  expect(awaitsFirst(undefined, ['a'], 0)).toBe(true);
  expect(awaitsFirst(shown, ['a'], 0)).toBe(false);
  expect(awaitsFirst(shown, ['a', 'b'], 0)).toBe(true);
  expect(awaitsFirst(shown, ['a', 'b'], mostFirstPolls)).toBe(false);
});
