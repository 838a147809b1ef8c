import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyMatches } from '../commands/keys/glob.ts';
import { compileGlob } from './glob.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('glob', () => {
  it('matches as KEYS does', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '*', '?', '[', ']', '^', '-', '\\', 'ä'), maxLength: 14 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-', ']'), maxLength: 12 });
    fc.assert(
      fc.property(letters, text, (pattern, key) => {
        const padded = bytes(`xx${key}yy`);
        expect(compileGlob(bytes(pattern))(padded, 2, key.length)).toBe(keyMatches(bytes(pattern), padded, 2, key.length));
      }),
      { numRuns: 5_000, seed: 11 },
    );
  });

  it('finds pieces that are longer than a word', () => {
    const long = 'abcdefgh'.repeat(9);
    expect(compileGlob(bytes(`*${long}?x*`))(bytes(`__${long.slice(8)}${long}zx_`), 0, 3 + long.length * 2 - 8 + 2)).toBe(true);
    expect(compileGlob(bytes(`*${long}*`))(bytes(`${long.slice(1)}-${long.slice(0, -1)}`), 0, long.length * 2 - 1)).toBe(false);
  });

  it('takes time in proportion to the text, whatever the pattern', () => {
    const key = bytes('a'.repeat(65_536));
    const patterns = [`${'*a'.repeat(400)}*b`, `*${'a'.repeat(1_000)}b*`, `${'*?'.repeat(400)}b`, `*${'[a-z]'.repeat(150)}b*`];
    for (const pattern of patterns) expect(compileGlob(bytes(pattern))(key, 0, key.length)).toBe(false);
  });

  it('refuses patterns beyond its limit', () => {
    expect(() => compileGlob(bytes('a'.repeat(1_025)))).toThrow(RangeError);
  });
});
