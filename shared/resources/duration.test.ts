import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationToMs, formatDuration, parseDuration } from './duration.ts';

test.each([
  ['30s', 30_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['250ms', 250],
  ['1us', 0.001],
  ['-5s', -5000],
  ['.5s', 500],
  ['0', 0],
])('%s is %d ms', (text, ms) => {
  expect(durationToMs(text)).toBe(ms);
});

test.each(['', '30', '5x', '1d', 's', '1h 30m', '9999999999h'])('%s is not a duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
  expect(() => durationToMs(text)).toThrow(RangeError);
});

test('what formatDuration writes is read back the same', () => {
  fc.assert(fc.property(fc.integer({ min: -(2 ** 43), max: 2 ** 43 }), (ms) => durationToMs(formatDuration(ms)) === ms));
  expect(formatDuration(5_400_000)).toBe('1h30m');
  expect(formatDuration(0)).toBe('0s');
});
