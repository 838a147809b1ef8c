import { expect, it } from 'vitest';
import { createPortPicker } from './port-picker.ts';

it('hands out no port that is kept', async () => {
  let drawn = 0;
  const draws = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
  const picker = createPortPicker({ unit: () => draws[drawn++ % draws.length], bytes: (length) => Buffer.alloc(length) }, (port) => port < 15_000);
  const ports = await new Promise<readonly number[] | Error>((resolve) => picker.pick(1, resolve));
  expect(ports).toEqual([expect.any(Number)]);
  expect((ports as readonly number[])[0]).toBeGreaterThanOrEqual(15_000);
});
