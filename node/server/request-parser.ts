import { slotOfKey } from '../../shared/slots/crc16.ts';
import type { Command, CommandTable } from '../commands/registry.ts';

const cr = 0x0d;
const lf = 0x0a;
const star = 0x2a;
const dollar = 0x24;
const zero = 0x30;

/** Commands that are parsed, hashed and prefetched together. */
export const batchSize = 64;
/** Argument slots that every place of the batch keeps; more are allocated for one batch only. */
const keptArguments = 64;
/** Longest inline command and longest length line (Redis: PROTO_INLINE_MAX_SIZE). */
const maxLineBytes = 64 * 1024;
/** What a client may ask for before it has authenticated. */
const unauthenticatedLimits = { arguments: 10, bulkBytes: 16_384 } as const;

export interface ParserLimits {
  /** proto-max-bulk-len. */
  maxBulkBytes: number;
  maxArguments: number;
}

/** Where the parsing of one command stopped for want of bytes; offsets count from the command's first byte. */
export interface PartialCommand {
  argc: number;
  done: number;
  /** Next byte to look at. */
  at: number;
  /** Offset behind the argument being received (its CR LF included), 0 while its length is unknown. */
  needed: number;
  start: Int32Array;
  length: Int32Array;
}

/**
 * Parses commands in place. `parse` fills the batch arrays from bytes[from, end) and returns the position behind the last complete command.
 * One parser serves all connections of a node: nothing in it outlives the batch, except that `partial` may be taken over by the connection.
 */
export class RequestParser {
  readonly limits: ParserLimits;
  readonly #table: CommandTable;

  /** Commands in the batch. */
  count = 0;
  /** What bytes the arguments lie in: the arena, or a copy for an inline command with quotes. */
  bytes: Buffer = Buffer.alloc(0);
  readonly commands: (Command | undefined)[] = Array.from({ length: batchSize });
  readonly argc = new Int32Array(batchSize);
  readonly start: Int32Array[] = Array.from({ length: batchSize }, () => new Int32Array(keptArguments));
  readonly length: Int32Array[] = Array.from({ length: batchSize }, () => new Int32Array(keptArguments));
  /** Position of each command's first byte. */
  readonly begin = new Int32Array(batchSize);
  /** Slot of the first key, -1 without one. */
  readonly keySlot = new Int32Array(batchSize);
  /** Text behind `Protocol error: `, when the bytes at the returned position can never become a command. */
  error = '';
  /** Set when the last command is incomplete. */
  readonly partial: PartialCommand = { argc: 0, done: 0, at: 0, needed: 0, start: new Int32Array(0), length: new Int32Array(0) };

  #lineValue = 0;

  constructor(table: CommandTable, limits: ParserLimits) {
    this.#table = table;
    this.limits = limits;
  }

  parse(bytes: Buffer, from: number, end: number, limit: number, authenticated: boolean): number {
    this.count = 0;
    this.error = '';
    this.bytes = bytes;
    let at = from;
    while (this.count < limit && at < end) {
      const next = bytes[at] === star ? this.#multibulk(bytes, at, end, authenticated) : this.#inline(bytes, at, end);
      if (next < 0) break;
      at = next;
      if (this.bytes !== bytes) break;
    }
    return at;
  }

  /** Goes on with a command of which `partial` was parsed before; `bytes` holds it from offset 0. Returns the position behind it, or -1. */
  resume(bytes: Buffer, end: number, partial: PartialCommand, authenticated: boolean): number {
    this.count = 0;
    this.error = '';
    this.bytes = bytes;
    this.start[0] = partial.start;
    this.length[0] = partial.length;
    return this.#arguments(bytes, 0, end, partial.at, partial.argc, partial.done, authenticated);
  }

  /** The arrays of the first place now belong to somebody else's `partial`. */
  forgetFirst(): void {
    this.start[0] = new Int32Array(keptArguments);
    this.length[0] = new Int32Array(keptArguments);
  }

  /** Frees what the last batch needed beyond the usual. */
  trim(): void {
    for (let i = 0; i < batchSize; i++) {
      if (this.start[i].length <= keptArguments * 4) continue;
      this.start[i] = new Int32Array(keptArguments);
      this.length[i] = new Int32Array(keptArguments);
    }
  }

  #multibulk(bytes: Buffer, at: number, end: number, authenticated: boolean): number {
    const body = this.#line(bytes, at + 1, end, 'too big mbulk count string', 'invalid multibulk length');
    if (body < 0) return this.#incomplete(0, 0, 0, 0);
    const argc = this.#lineValue;
    if (argc > this.limits.maxArguments) return this.#fail('invalid multibulk length');
    if (!authenticated && argc > unauthenticatedLimits.arguments) return this.#fail('unauthenticated multibulk length');
    if (argc <= 0) return body;
    return this.#arguments(bytes, at, end, body, argc, 0, authenticated);
  }

  #arguments(bytes: Buffer, begin: number, end: number, from: number, argc: number, done: number, authenticated: boolean): number {
    const place = this.count;
    let start = this.start[place];
    let length = this.length[place];
    let at = from;
    for (let i = done; i < argc; i++) {
      if (i === start.length) {
        start = this.start[place] = enlarged(start, argc);
        length = this.length[place] = enlarged(length, argc);
      }
      if (at >= end) return this.#incomplete(argc, i, at - begin, 0);
      if (bytes[at] !== dollar) return this.#fail(`expected '$', got '${String.fromCharCode(bytes[at])}'`);
      const body = this.#line(bytes, at + 1, end, 'too big bulk count string', 'invalid bulk length');
      if (body < 0) return this.#incomplete(argc, i, at - begin, 0);
      const size = this.#lineValue;
      if (size < 0 || size > this.limits.maxBulkBytes) return this.#fail('invalid bulk length');
      if (!authenticated && size > unauthenticatedLimits.bulkBytes) return this.#fail('unauthenticated bulk length');
      const after = body + size + 2;
      if (after > end) return this.#incomplete(argc, i, at - begin, after - begin);
      start[i] = body;
      length[i] = size;
      at = after;
    }
    this.#complete(bytes, begin, argc, start, length);
    return at;
  }

  #complete(bytes: Buffer, begin: number, argc: number, start: Int32Array, length: Int32Array): void {
    const place = this.count++;
    const command = this.#table.find(bytes, start[0], length[0]);
    this.begin[place] = begin;
    this.argc[place] = argc;
    this.commands[place] = command;
    const key = command === undefined ? 0 : command.firstKey;
    this.keySlot[place] = key > 0 && key < argc ? slotOfKey(bytes, start[key], length[key]) : -1;
  }

  /** Reads a decimal number and its CR LF into #lineValue; returns the position behind, or -1 (incomplete, or `error` set). */
  #line(bytes: Buffer, from: number, end: number, tooLong: string, invalid: string): number {
    let at = from;
    let value = 0;
    let digit = 0;
    while (at < end && (digit = bytes[at] - zero) >= 0 && digit <= 9) {
      value = value * 10 + digit;
      at++;
    }
    const digits = at - from;
    if (at + 1 < end && bytes[at] === cr && digits > 0 && digits < 10 && (digits === 1 || bytes[from] !== zero)) {
      this.#lineValue = value;
      return at + 2;
    }
    return this.#oddLine(bytes, from, end, tooLong, invalid);
  }

  #oddLine(bytes: Buffer, from: number, end: number, tooLong: string, invalid: string): number {
    const newline = bytes.subarray(0, end).indexOf(cr, from);
    if (newline < 0) {
      if (end - from + 1 > maxLineBytes) this.#fail(tooLong);
      return -1;
    }
    if (newline + 1 >= end) return -1;
    const text = bytes.toString('latin1', from, Math.min(newline, from + 24));
    if (newline - from > 20 || !/^(?:0|-?[1-9][0-9]*)$/.test(text)) return this.#fail(invalid);
    this.#lineValue = Number(text);
    return newline + 2;
  }

  #inline(bytes: Buffer, at: number, end: number): number {
    const newline = bytes.subarray(0, end).indexOf(lf, at);
    if (newline < 0) return end - at > maxLineBytes ? this.#fail('too big inline request') : this.#incomplete(0, 0, 0, 0);
    if (newline - at > maxLineBytes) return this.#fail('too big inline request');
    const lineEnd = newline > at && bytes[newline - 1] === cr ? newline - 1 : newline;
    const words = splitInline(bytes, at, lineEnd);
    if (words === undefined) return this.#fail('unbalanced quotes in request');
    if (words.length === 0) return newline + 1;
    // The words are laid out in a buffer of their own, which ends the batch; what was parsed before runs first.
    if (this.count > 0) return -1;
    this.#layOut(words, at);
    return newline + 1;
  }

  #layOut(words: readonly Buffer[], begin: number): void {
    const bytes = Buffer.concat(words);
    const start = (this.start[0] = enlarged(this.start[0], words.length));
    const length = (this.length[0] = enlarged(this.length[0], words.length));
    let at = 0;
    words.forEach((word, i) => {
      start[i] = at;
      length[i] = word.length;
      at += word.length;
    });
    this.bytes = bytes;
    this.#complete(bytes, begin, words.length, start, length);
  }

  #incomplete(argc: number, done: number, at: number, needed: number): -1 {
    if (this.error !== '') return -1;
    const { partial } = this;
    partial.argc = argc;
    partial.done = done;
    partial.at = at;
    partial.needed = needed;
    partial.start = this.start[this.count];
    partial.length = this.length[this.count];
    return -1;
  }

  #fail(detail: string): -1 {
    this.error = detail;
    return -1;
  }
}

/** At least doubled, at most what `wanted` arguments need: a client pays for the arguments that it sent, not for those it announced. */
function enlarged(array: Int32Array, wanted: number): Int32Array {
  if (array.length >= wanted) return array;
  const larger = new Int32Array(Math.min(wanted, Math.max(array.length * 2, keptArguments)));
  larger.set(array);
  return larger;
}

const quote = { double: 0x22, single: 0x27, backslash: 0x5c } as const;
const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0;
const escapes: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, b: 0x08, a: 0x07 };

/** Words of an inline command with Redis' quoting ("…" with escapes, '…' with \'); undefined when quotes do not close. */
export function splitInline(bytes: Buffer, from: number, end: number): readonly Buffer[] | undefined {
  const words: Buffer[] = [];
  let at = from;
  for (;;) {
    while (at < end && isSpace(bytes[at])) at++;
    if (at >= end) return words;
    const word: number[] = [];
    while (at < end && !isSpace(bytes[at])) {
      const byte = bytes[at];
      if (byte !== quote.double && byte !== quote.single) {
        word.push(byte);
        at++;
        continue;
      }
      at = byte === quote.double ? doubleQuoted(bytes, at + 1, end, word) : singleQuoted(bytes, at + 1, end, word);
      if (at < 0 || (at < end && !isSpace(bytes[at]))) return undefined;
    }
    words.push(Buffer.from(word));
  }
}

function doubleQuoted(bytes: Buffer, from: number, end: number, word: number[]): number {
  for (let at = from; at < end; at++) {
    const byte = bytes[at];
    if (byte === quote.double) return at + 1;
    if (byte !== quote.backslash || at + 1 >= end) {
      word.push(byte);
      continue;
    }
    const hex = at + 3 < end && bytes[at + 1] === 0x78 ? bytes.toString('latin1', at + 2, at + 4) : '';
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      word.push(Number.parseInt(hex, 16));
      at += 3;
    } else {
      at++;
      word.push(escapes[String.fromCharCode(bytes[at])] ?? bytes[at]);
    }
  }
  return -1;
}

function singleQuoted(bytes: Buffer, from: number, end: number, word: number[]): number {
  for (let at = from; at < end; at++) {
    const byte = bytes[at];
    if (byte === quote.single) return at + 1;
    if (byte === quote.backslash && bytes[at + 1] === quote.single && at + 1 < end) {
      word.push(quote.single);
      at++;
    } else {
      word.push(byte);
    }
  }
  return -1;
}
