import { expect, it } from 'vitest';
import { isUsed } from './sent-away.ts';

it('a node is used while somebody is connected who used it of late', () => {
  const [idle, used] = [10_000, 75_000].map((lastActiveMs) => ({ closed: false, session: { lastActiveMs } }));
  expect(isUsed([idle], 100_000)).toBe(false);
  expect(isUsed([idle, used], 100_000)).toBe(true);
  expect(isUsed([idle, used], 105_000)).toBe(false);
  expect(isUsed([idle, { ...used, closed: true }], 100_000)).toBe(false);
});
