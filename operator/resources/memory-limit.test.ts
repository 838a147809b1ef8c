import fc from 'fast-check';
import { expect, it } from 'vitest';
import { containerMemoryBytes, dataBytesWithin } from './memory-limit.ts';

const mib = 1024 * 1024;

it('leaves room for the process and for growth', () => {
  expect(containerMemoryBytes(32 * mib)).toBe(200 * mib);
  expect(containerMemoryBytes(256 * mib)).toBe(480 * mib);
  expect(containerMemoryBytes(4096 * mib)).toBe(5280 * mib);
});

it('a container has room for the data that its limit was made from, and for less than 1 MiB more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 32 * mib, max: 2 ** 40 }), (dataBytes) => {
      const room = dataBytesWithin(containerMemoryBytes(dataBytes));
      expect(room).toBeGreaterThanOrEqual(dataBytes);
      expect(room - dataBytes).toBeLessThan(mib);
    }),
  );
});

it('a container smaller than the process holds nothing', () => {
  expect(dataBytesWithin(mib)).toBe(0);
});
