/** What a command answered (RESP2). Bulk strings are views of the bytes that were parsed. */
export type Reply = number | string | Buffer | null | ReplyError | readonly Reply[];

/** An error reply: the line behind the `-`. */
export class ReplyError {
  readonly line: string;

  constructor(line: string) {
    this.line = line;
  }
}

const lf = 0x0a;
const type = { simple: 0x2b, error: 0x2d, integer: 0x3a, bulk: 0x24, array: 0x2a } as const;
const minus = 0x2d;
const zero = 0x30;
const incomplete = -1;

/** One command, its name first, as clients send it. */
export function encodeCommand(words: readonly (string | Uint8Array)[]): Buffer {
  let size = 16;
  const lengths: number[] = [];
  for (const word of words) {
    const length = typeof word === 'string' ? Buffer.byteLength(word) : word.length;
    lengths.push(length);
    size += length + 16;
  }
  const bytes = Buffer.allocUnsafe(size);
  let at = bytes.write(`*${words.length}\r\n`, 0, 'latin1');
  words.forEach((word, i) => {
    at += bytes.write(`$${lengths[i]}\r\n`, at, 'latin1');
    if (typeof word === 'string') bytes.write(word, at);
    else bytes.set(word, at);
    at += lengths[i];
    bytes[at++] = 0x0d;
    bytes[at++] = lf;
  });
  return bytes.subarray(0, at);
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

/** The replies in `bytes`, which `endOfReplies` found to be whole. */
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
        return length < 0 ? null : Array.from({ length }, () => this.next());
      }
      case type.error:
        return new ReplyError(bytes.toString('utf8', start + 1, line - 2));
      default:
        return bytes.toString('latin1', start + 1, line - 2);
    }
  }
}
