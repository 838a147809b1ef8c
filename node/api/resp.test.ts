import { describe, expect, it } from 'vitest';
import { encodeCommand, endOfReplies, parseReplies, ReplyError } from './resp.ts';

const text = '*3\r\n:1\r\n$3\r\na\r\n\r\n*-1\r\n$-1\r\n+OK\r\n-ERR no\r\n:-12\r\n*0\r\n';
const bytes = Buffer.from(text);
const count = 6;

describe('replies', () => {
  it('are whole only with their last byte', () => {
    for (let end = 0; end < bytes.length; end++) expect(endOfReplies(bytes, 0, end, count)).toBe(-1);
    expect(endOfReplies(bytes, 0, bytes.length, count)).toBe(bytes.length);
  });

  it('become values', () => {
    expect(parseReplies(bytes, count)).toEqual([[1, Buffer.from('a\r\n'), null], null, 'OK', new ReplyError('ERR no'), -12, []]);
  });
});

it('a command is encoded by bytes, not characters', () => {
  expect(encodeCommand(['SET', 'ä', Buffer.from([0, 255])]).toString('latin1')).toBe('*3\r\n$3\r\nSET\r\n$2\r\n\u00c3\u00a4\r\n$2\r\n\u0000\u00ff\r\n');
});
