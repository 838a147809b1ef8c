import { expect, it } from 'vitest';
import { createJoiner } from './parts.ts';

function part(message: number, index: number, count: number, ...bytes: number[]): Uint8Array {
  const payload = new Uint8Array(12 + bytes.length);
  const view = new DataView(payload.buffer);
  [message, index, count].forEach((value, i) => view.setUint32(4 * i, value));
  payload.set(bytes, 12);
  return payload;
}

it('puts the parts of a large message together, and drops one that lost some with its connection', () => {
  const join = createJoiner();
  expect(join('a', part(1, 0, 1, 7))).toEqual(Uint8Array.of(7));
  expect(join('a', part(2, 0, 3, 1))).toBeUndefined();
  expect(join('b', part(2, 0, 2, 9))).toBeUndefined();
  expect(join('a', part(2, 1, 3, 2))).toBeUndefined();
  expect(Array.from(join('a', part(2, 2, 3, 3)) ?? [])).toEqual([1, 2, 3]);
  // The connection broke: the next message begins anew.
  expect(join('b', part(3, 1, 2, 8))).toBeUndefined();
  expect(join('b', part(4, 0, 2, 4))).toBeUndefined();
  expect(Array.from(join('b', part(4, 1, 2, 5)) ?? [])).toEqual([4, 5]);
  expect(join('b', Uint8Array.of(1))).toBeUndefined();
});
