import { describe, expect, it } from 'vitest';
import { doubleText } from './double-text.ts';
import { ReplyWriter, type RespVersion } from './reply-writer.ts';

function written(resp: RespVersion, write: (reply: ReplyWriter) => void): string {
  const reply = new ReplyWriter(8);
  reply.resp = resp;
  write(reply);
  return reply.buffer.toString('latin1', 0, reply.position);
}

describe('reply writer', () => {
  it.each<[string, (reply: ReplyWriter) => void, string, string]>([
    ['ok', (r) => r.ok(), '+OK\r\n', '+OK\r\n'],
    ['simple', (r) => r.simple('PONG'), '+PONG\r\n', '+PONG\r\n'],
    ['error', (r) => r.error('ERR a\r\nb'), '-ERR a  b\r\n', '-ERR a  b\r\n'],
    ['bulk', (r) => r.bulk(Buffer.from('xhellox'), 1, 5), '$5\r\nhello\r\n', '$5\r\nhello\r\n'],
    ['long bulk', (r) => r.bulkBytes(Buffer.alloc(100, 'a')), `$100\r\n${'a'.repeat(100)}\r\n`, `$100\r\n${'a'.repeat(100)}\r\n`],
    ['utf-8', (r) => r.bulkString('é'), '$2\r\n\xc3\xa9\r\n', '$2\r\n\xc3\xa9\r\n'],
    ['nil', (r) => r.nil(), '$-1\r\n', '_\r\n'],
    ['null array', (r) => r.nullArray(), '*-1\r\n', '_\r\n'],
    ['array', (r) => r.array(2), '*2\r\n', '*2\r\n'],
    ['map', (r) => r.map(2), '*4\r\n', '%2\r\n'],
    ['set', (r) => r.set(3), '*3\r\n', '~3\r\n'],
    ['push', (r) => r.push(3), '*3\r\n', '>3\r\n'],
    ['double', (r) => r.double(1.5), '$3\r\n1.5\r\n', ',1.5\r\n'],
    ['infinity', (r) => r.double(-Infinity), '$4\r\n-inf\r\n', ',-inf\r\n'],
    ['big number', (r) => r.bigNumber('123'), '$3\r\n123\r\n', '(123\r\n'],
    ['boolean', (r) => r.boolean(true), ':1\r\n', '#t\r\n'],
    ['verbatim', (r) => r.verbatim('txt', 'hé'), '$3\r\nh\xc3\xa9\r\n', '=7\r\ntxt:h\xc3\xa9\r\n'],
    ['integer64', (r) => r.integer64(-9223372036854775808n), ':-9223372036854775808\r\n', ':-9223372036854775808\r\n'],
  ])('%s', (_name, write, resp2, resp3) => {
    expect(written(2, write)).toBe(resp2);
    expect(written(3, write)).toBe(resp3);
  });

  it('writes every length of integer', () => {
    const values = [0, 9, 10, 99, 100, 12_345, 2_147_483_647, 2_147_483_648, 9_007_199_254_740_991];
    for (const value of [...values, ...values.map((one) => -one)]) expect(written(2, (r) => r.integer(value))).toBe(`:${value === 0 ? 0 : value}\r\n`);
  });

  it('puts a header in front of what was written, nested', () => {
    const text = written(2, (r) => {
      const outer = r.deferred();
      r.integer(1);
      const inner = r.deferred();
      r.bulkLatin1('a'.repeat(60));
      r.closeArray(inner, 1);
      r.closeMap(outer, 1);
    });
    expect(text).toBe(`*2\r\n:1\r\n*1\r\n$60\r\n${'a'.repeat(60)}\r\n`);
  });

  it('gives the memory of buffers that it has outgrown back at once', () => {
    const reply = new ReplyWriter();
    const first = reply.buffer;
    reply.bulkLatin1('a'.repeat(3_000_000));
    const second = reply.buffer;
    expect([first.length, second.length > 3_000_000]).toEqual([0, true]);
    reply.reset();
    expect([second.length, reply.buffer.length]).toEqual([0, 64 * 1024]);
    // Somebody else reads from it.
    reply.bulkLatin1('a'.repeat(3_000_000));
    const given = reply.buffer;
    reply.detach();
    expect(given.length).toBeGreaterThan(3_000_000);
  });

  it('counts errors and knows the last word', () => {
    const reply = new ReplyWriter();
    reply.error('WRONGTYPE no');
    expect([reply.errorCount, reply.lastErrorWord]).toEqual([1, 'WRONGTYPE']);
  });
});

describe('doubles as C prints them with %.17g', () => {
  it.each([[3, '3'], [3.1, '3.1000000000000001'], [0.1, '0.10000000000000001'], [1e17, '1e+17'], [1e-5, '1.0000000000000001e-05'], [123456789.125, '123456789.125'], [-0, '-0'], [Number.NaN, 'nan'], [Infinity, 'inf'], [1.5e300, '1.5000000000000001e+300'], [362988869509422.625, '362988869509422.62'], [-362988869509422.375, '-362988869509422.38'], [1 + 2 ** -17, '1.0000076293945312'], [1.5 + 2 ** -16, '1.5000152587890625']])('%d', (value, text) => {
    expect(doubleText(value)).toBe(text);
  });
});
