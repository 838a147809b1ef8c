import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineFramer } from './line-framer.ts';

test('lines come out whole however the stream is cut, also within a character', () => {
  const line = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll('\n', '').replace(/[\ud800-\udfff]/g, ''));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat({ max: 12 })), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(''), 'utf8');
      const framer = createLineFramer(1_000);
      const found: string[] = [];
      let at = 0;
      for (const size of cuts) found.push(...framer.push(bytes.subarray(at, (at = Math.min(bytes.length, at + size)))));
      found.push(...framer.push(bytes.subarray(at)));
      expect(found).toEqual(lines.filter((one) => one !== ''));
      expect(framer.heldBytes).toBe(0);
    }),
  );
});

test('a line without an end is refused at the limit, not collected', () => {
  const framer = createLineFramer(10);
  framer.push(Buffer.from('12345'));
  expect(framer.heldBytes).toBe(5);
  expect(() => framer.push(Buffer.from('678901'))).toThrow('longer than 10 bytes');
});
