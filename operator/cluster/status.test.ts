import { expect, it } from 'vitest';
import { twoDigits } from './status.ts';

it('gauges have two significant digits', () => {
  expect([0, 7, 99, 100, 104, 105, 994, 12_345, 999_999].map(twoDigits)).toEqual([0, 7, 99, 100, 100, 110, 990, 12_000, 1_000_000]);
});
