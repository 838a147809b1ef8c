import { describe, expect, it } from 'vitest';
import { createCommandTable } from '../commands/registry.ts';
import { RequestParser, splitInline } from './request-parser.ts';

const parser = (): RequestParser => new RequestParser(createCommandTable([{ name: 'get', summary: '', since: '', group: 'string', complexity: 'O(1)', arity: 2, flags: [], categories: [], keys: [{ flags: ['RO'], beginSearch: { type: 'index', index: 1 }, findKeys: { type: 'range', lastKey: 0, step: 1, limit: 0 } }] }]), { maxBulkBytes: 32_768, maxArguments: 1024 });

/** Arguments of the batch as text. */
function words(one: RequestParser): string[][] {
  return Array.from({ length: one.count }, (_, i) => Array.from({ length: one.argc[i] }, (__, j) => one.bytes.toString('latin1', one.start[i][j], one.start[i][j] + one.length[i][j])));
}

function parseText(text: string, authenticated = true): { readonly words: string[][]; readonly at: number; readonly error: string } {
  const one = parser();
  const bytes = Buffer.from(text, 'latin1');
  const at = one.parse(bytes, 0, bytes.length, 64, authenticated);
  return { words: words(one), at, error: one.error };
}

describe('request parser', () => {
  it('reads a batch in place, and where each key hashes to', () => {
    const one = parser();
    const bytes = Buffer.from('*2\r\n$3\r\nGet\r\n$3\r\nfoo\r\n*1\r\n$4\r\nPING\r\n');
    expect(one.parse(bytes, 0, bytes.length, 64, true)).toBe(bytes.length);
    expect(words(one)).toEqual([['Get', 'foo'], ['PING']]);
    expect(one.commands[0]?.name).toBe('get');
    expect(one.commands[1]).toBeUndefined();
    expect([one.keySlot[0], one.keySlot[1]]).toEqual([12182, -1]);
    expect(one.bytes).toBe(bytes);
  });

  it('stops before an incomplete command', () => {
    const whole = '*1\r\n$4\r\nPING\r\n';
    for (let cut = 1; cut < whole.length; cut++) expect(parseText(whole + whole.slice(0, cut))).toEqual({ words: [['PING']], at: whole.length, error: '' });
  });

  it.each([
    ['*abc\r\n', 'invalid multibulk length'],
    ['*1025\r\n', 'invalid multibulk length'],
    ['*99999999999999999999\r\n', 'invalid multibulk length'],
    ['*01\r\n', 'invalid multibulk length'],
    ['*+1\r\n', 'invalid multibulk length'],
    ['*1\r\nPING\r\n', "expected '$', got 'P'"],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['*1\r\n$32769\r\n', 'invalid bulk length'],
    ['*1\r\n$10737418240\r\n', 'invalid bulk length'],
    ['*1\r\n$x\r\n', 'invalid bulk length'],
    ['set "a\r\n', 'unbalanced quotes in request'],
    ['set "a"b\r\n', 'unbalanced quotes in request'],
    ["set 'a\r\n", 'unbalanced quotes in request'],
    ['x'.repeat(65_537), 'too big inline request'],
    [`*${'1'.repeat(65_537)}`, 'too big mbulk count string'],
    [`*1\r\n$${'1'.repeat(65_537)}`, 'too big bulk count string'],
  ])('%j is a protocol error', (text, error) => {
    expect(parseText(text).error).toBe(error);
  });

  it('holds clients short until they have authenticated', () => {
    expect(parseText('*11\r\n', false).error).toBe('unauthenticated multibulk length');
    expect(parseText('*2\r\n$4\r\nAUTH\r\n$16385\r\n', false).error).toBe('unauthenticated bulk length');
    expect(parseText('*10\r\n', false).error).toBe('');
  });

  it('skips empty commands', () => {
    expect(parseText('*0\r\n*-1\r\n\r\n*1\r\n$1\r\nx\r\n').words).toEqual([['x']]);
  });

  it('keeps what came before an error', () => {
    expect(parseText('*1\r\n$1\r\nx\r\n*1\r\n!')).toMatchObject({ words: [['x']], error: "expected '$', got '!'" });
  });

  it('goes on with a command where it stopped', () => {
    const text = '*3\r\n$3\r\nset\r\n$5\r\nhello\r\n$10\r\n0123456789\r\n';
    for (let cut = 5; cut < text.length; cut++) {
      const one = parser();
      const bytes = Buffer.from(text);
      expect(one.parse(bytes, 0, cut, 64, true)).toBe(0);
      const { argc, done, at, needed, start, length } = one.partial;
      const partial = { argc, done, at, needed, start: start.slice(0, Math.max(1, done)), length: length.slice(0, Math.max(1, done)) };
      expect(one.resume(bytes, bytes.length, partial, true)).toBe(bytes.length);
      expect(words(one)).toEqual([['set', 'hello', '0123456789']]);
    }
  });
});

describe('inline commands', () => {
  it.each([
    ['set a b', ['set', 'a', 'b']],
    ['  set   a  ', ['set', 'a']],
    ['set "a b" \'c d\'', ['set', 'a b', 'c d']],
    [String.raw`set "\x41\n\"" 'it\'s'`, ['set', 'A\n"', "it's"]],
    ['set ""', ['set', '']],
  ])('%j', (line, expected) => {
    const bytes = Buffer.from(line);
    expect(splitInline(bytes, 0, bytes.length)?.map(String)).toEqual(expected);
  });
});
