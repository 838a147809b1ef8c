import { expect, it } from 'vitest';
import { clientsOfLate } from './sent-away.ts';

it('a node is used as long as one of those is connected who used it of late', () => {
  const [idle, used, another] = [10_000, 75_000, 99_000].map((lastActiveMs) => ({ closed: false, session: { lastActiveMs } }));
  const isUsed = clientsOfLate([idle, used, another], 100_000);
  expect(isUsed()).toBe(true);
  another.closed = true;
  expect(isUsed()).toBe(true);
  used.closed = true;
  expect(isUsed()).toBe(false);
});
