import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareQuantities, formatBytes, isWholeQuantity, parseQuantity, quantityToNumber } from './quantity.ts';

test.each([
  ['64Mi', 67_108_864],
  ['1.5Gi', 1_610_612_736],
  ['2G', 2_000_000_000],
  ['1e3', 1000],
  ['1E3', 1000],
  ['1E', 1e18],
  ['100m', 1],
  ['.5Ki', 512],
  ['5.', 5],
  ['+3k', 3000],
  ['0', 0],
  [42, 42],
])('%s is %d whole units, rounded up', (text, units) => {
  expect(quantityToNumber(text)).toBe(units);
});

test.each(['', '.', 'Mi', '64MB', '64mi', '64 Mi', '1e', '1.2.3', '--1', 'NaN', '1e999'])('%s is not a quantity', (text) => {
  expect(parseQuantity(text)).toBeUndefined();
  expect(() => quantityToNumber(text)).toThrow(RangeError);
});

test('comparison is exact where numbers would not be', () => {
  expect(compareQuantities(parseQuantity('9007199254740993')!, parseQuantity('9007199254740992')!)).toBe(1);
  expect(compareQuantities(parseQuantity('1Gi')!, parseQuantity('1024Mi')!)).toBe(0);
  expect(compareQuantities(parseQuantity('-1')!, parseQuantity('1m')!)).toBe(-1);
  expect(isWholeQuantity(parseQuantity('1500m')!)).toBe(false);
});

test('finer than a billionth is rounded up, beyond 2^63 capped', () => {
  expect(parseQuantity('0.0000000001')!.nanos).toBe(1n);
  expect(compareQuantities(parseQuantity('100E')!, parseQuantity('9223372036854775807')!)).toBe(0);
});

test('what formatBytes writes is read back the same', () => {
  fc.assert(fc.property(fc.nat(2 ** 31), fc.nat(3), (count, power) => quantityToNumber(formatBytes(count * 1024 ** power)) === count * 1024 ** power));
});
