import { expect, it } from 'vitest';
import { createShortage } from './shortage.ts';

it('P10: writes wait for a copy that was lost, for a while from its loss, and then are refused', () => {
  const shortage = createShortage();
  expect(shortage.writesWait(0)).toBe(false);
  shortage.see(true, 1_000);
  shortage.see(true, 3_000);
  expect(shortage.writesWait(4_999)).toBe(true);
  expect(shortage.writesWait(5_000)).toBe(false);
});

it('P10: they go on when it is back, and the next loss is waited for anew', () => {
  const shortage = createShortage();
  shortage.see(true, 1_000);
  shortage.see(false, 1_500);
  expect(shortage.writesWait(1_500)).toBe(false);
  shortage.see(true, 9_000);
  expect(shortage.writesWait(11_000)).toBe(true);
});
