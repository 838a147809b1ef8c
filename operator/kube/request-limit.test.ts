import { expect, test } from 'vitest';
import { manualPorts, settle } from '../../test/runtime/manual-ports.ts';
import { createRequestLimit } from './request-limit.ts';

test('after a burst, requests leave at the rate', async () => {
  const ports = manualPorts();
  const limit = createRequestLimit(ports, { perSecond: 10, burst: 5, mostInFlight: 100 });
  let left = 0;
  for (let i = 0; i < 100; i += 1) void limit.enter().then(() => (left += 1));
  await settle();
  expect(left).toBe(5);
  await ports.advance(1_000);
  expect(left).toBe(15);
  await ports.advance(3_000);
  expect(left).toBe(45);
});

test('no more are under way than allowed, first come first served', async () => {
  const ports = manualPorts();
  const limit = createRequestLimit(ports, { perSecond: 1_000, burst: 1_000, mostInFlight: 2 });
  const entered: number[] = [];
  const leave: (() => void)[] = [];
  for (let i = 0; i < 4; i += 1) {
    void limit.enter().then((one) => {
      entered.push(i);
      leave.push(one);
    });
  }
  await settle();
  expect(entered).toEqual([0, 1]);
  leave[0]();
  leave[0]();
  await settle();
  expect(entered).toEqual([0, 1, 2]);
});
