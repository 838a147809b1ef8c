/** What a command answered (RESP2). Bulk strings are views of the bytes that were parsed. */
export type Reply = number | string | Buffer | null | ReplyError | readonly Reply[];

/** An error reply: the line behind the `-`. */
export class ReplyError {
  readonly line: string;

  constructor(line: string) {
    this.line = line;
  }
}

const cr = 0x0d;
const lf = 0x0a;
const type = { simple: 0x2b, error: 0x2d, integer: 0x3a, bulk: 0x24, array: 0x2a } as const;
const minus = 0x2d;
const zero = 0x30;
const incomplete = -1;

/** One command, its name first, as clients send it. */
export function encodeCommand(words: readonly (string | Uint8Array)[]): Buffer {
  let size = lineBytes;
  // Three bytes of UTF-8 are the most that one unit of a string becomes.
  for (const word of words) size += (typeof word === 'string' ? 3 * word.length : word.length) + lineBytes;
  const bytes = Buffer.allocUnsafe(size);
  let at = writeLine(bytes, 0, type.array, words.length);
  for (const word of words) {
    const length = typeof word === 'string' ? (word.length <= shortText ? asciiLength(word) : Buffer.byteLength(word)) : word.length;
    at = writeLine(bytes, at, type.bulk, length);
    if (typeof word !== 'string') bytes.set(word, at);
    else if (length === word.length && length <= shortText) for (let i = 0; i < length; i++) bytes[at + i] = word.charCodeAt(i);
    else bytes.write(word, at);
    at += length;
    bytes[at++] = cr;
    bytes[at++] = lf;
  }
  return bytes.subarray(0, at);
}

/** A line with a number, at most. */
const lineBytes = 16;
/** Names of commands and options, numbers: written without a call out of JavaScript. */
const shortText = 24;

function asciiLength(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return Buffer.byteLength(text);
  return text.length;
}

/** Returns what is behind it. */
function writeLine(bytes: Buffer, start: number, mark: number, value: number): number {
  let at = start;
  bytes[at++] = mark;
  let divisor = 1;
  while (divisor * 10 <= value) divisor *= 10;
  for (let rest = value; divisor >= 1; divisor /= 10) {
    const digit = Math.floor(rest / divisor);
    bytes[at++] = zero + digit;
    rest -= digit * divisor;
  }
  bytes[at++] = cr;
  bytes[at++] = lf;
  return at;
}

/** Where `count` whole replies from `start` on end; -1: they are not all there. */
export function endOfReplies(bytes: Buffer, start: number, end: number, count: number): number {
  let at = start;
  for (let left = count; left > 0 && at !== incomplete; left--) at = endOfReply(bytes, at, end);
  return at;
}

function endOfReply(bytes: Buffer, start: number, end: number): number {
  const line = endOfLine(bytes, start, end);
  if (line === incomplete) return incomplete;
  const kind = bytes[start];
  if (kind === type.bulk) {
    const length = numberAt(bytes, start + 1);
    if (length < 0) return line;
    return line + length + 2 <= end ? line + length + 2 : incomplete;
  }
  return kind === type.array ? endOfReplies(bytes, line, end, Math.max(0, numberAt(bytes, start + 1))) : line;
}

/** Behind the line's end; -1 where it is not there. */
function endOfLine(bytes: Buffer, start: number, end: number): number {
  for (let i = start; i < end; i++) if (bytes[i] === lf) return i + 1;
  return incomplete;
}

function numberAt(bytes: Buffer, start: number): number {
  const negative = bytes[start] === minus;
  let value = 0;
  for (let i = negative ? start + 1 : start; bytes[i] >= zero; i++) value = value * 10 + bytes[i] - zero;
  return negative ? -value : value;
}

/** The first reply in `bytes`, which `endOfReplies` found to be whole. */
export const firstReply = (bytes: Buffer): Reply => new Reader(bytes).next();

/** So many of them. */
export function parseReplies(bytes: Buffer, count: number): readonly Reply[] {
  const reader = new Reader(bytes);
  const replies: Reply[] = [];
  for (let i = 0; i < count; i++) replies.push(reader.next());
  return replies;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(): Reply {
    const bytes = this.#bytes;
    const start = this.#at;
    const line = endOfLine(bytes, start, bytes.length);
    this.#at = line;
    switch (bytes[start]) {
      case type.integer:
        return numberAt(bytes, start + 1);
      case type.bulk: {
        const length = numberAt(bytes, start + 1);
        if (length < 0) return null;
        this.#at = line + length + 2;
        return bytes.subarray(line, line + length);
      }
      case type.array: {
        const length = numberAt(bytes, start + 1);
        if (length < 0) return null;
        const items: Reply[] = [];
        for (let i = 0; i < length; i++) items.push(this.next());
        return items;
      }
      case type.error:
        return new ReplyError(bytes.toString('utf8', start + 1, line - 2));
      default:
        return bytes.toString('latin1', start + 1, line - 2);
    }
  }
}
