/**
 * How the bytes at the start of what has come are to be taken. `direct`: GET, PUT or DELETE of one path without anything unusual, whole. `whole`: any other request whose end is beyond doubt, whole.
 * `large`: like `whole`, but too long to be waited for; `end` says where it will end. `incomplete`: nothing is wrong so far. `foreign`: everything else (Transfer-Encoding, Upgrade, Expect, another version,
 * doubtful or wrong syntax, an endless head): for a complete parser to judge.
 */
export type RequestKind = 'incomplete' | 'direct' | 'whole' | 'large' | 'foreign';

/** Part of the bytes; 0, 0: not there. */
interface Span {
  start: number;
  end: number;
}

const cr = 0x0d;
const lf = 0x0a;
const space = 0x20;
const tab = 0x09;
const colon = 0x3a;
const question = 0x3f;
const del = 0x7f;
const zero = 0x30;
const lowerBit = 0x20;

/** Characters of a header's name (RFC 9110, token): 1. */
const isNameByte = tableOf("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
const version = Buffer.from('HTTP/1.1\r\n');
const mostMethodBytes = 16;
const mostLengthDigits = 9;

/** Headers that say something about a direct request. Each may be there once; twice is for the complete parser, which knows what that means for each. */
const wanted = ['authorization', 'accept', 'accept-encoding', 'if-none-match', 'content-type', 'content-encoding', 'x-trace-id', 'content-length', 'connection', 'host'] as const;
type Wanted = (typeof wanted)[number];
/** Headers that change where a request ends, or what the connection is. */
const refused = ['transfer-encoding', 'upgrade', 'expect', 'proxy-connection'] as const;

interface Known {
  readonly bytes: Buffer;
  /** Index in `wanted`; −1: refused. */
  readonly index: number;
}

const knownByLength: readonly (readonly Known[])[] = byLength();

/** Reads one request after the other from a connection's bytes. It takes only what every parser reads alike; the rest it leaves to another. One object serves all connections: what it found holds until the next `parse`. */
export class RequestHead {
  readonly #limits: { readonly mostHeadBytes: number; readonly mostWholeBytes: number };
  #bytes: Buffer = Buffer.alloc(0);
  /** Behind the request. */
  end = 0;
  /** All headers are there; only the body may be missing. */
  isHeadWhole = false;
  method = '';
  #target: Span = { start: 0, end: 0 };
  #hasQuery = false;
  readonly #spans: readonly Span[] = wanted.map(() => ({ start: 0, end: 0 }));
  #bodyStart = 0;

  /** Longer heads are foreign; what is longer with its body, and not all there, is `large`. */
  constructor(limits: { readonly mostHeadBytes: number; readonly mostWholeBytes: number }) {
    this.#limits = limits;
  }

  parse(bytes: Buffer, start: number, end: number): RequestKind {
    this.#bytes = bytes;
    this.isHeadWhole = false;
    for (const span of this.#spans) span.end = span.start = 0;
    const line = this.#requestLine(bytes, start, end);
    if (typeof line === 'string') return this.#shortOr(line, start, end);
    const body = this.#headers(bytes, line, end);
    if (typeof body === 'string') return this.#shortOr(body, start, end);
    if (body - start > this.#limits.mostHeadBytes) return 'foreign';
    const length = this.#contentLength();
    if (length < 0 || !this.#staysOpen() || this.#spans[host].end === 0) return 'foreign';
    this.#bodyStart = body;
    this.isHeadWhole = true;
    this.end = body + length;
    if (this.end > end) return this.end - start > this.#limits.mostWholeBytes ? 'large' : 'incomplete';
    return this.#isDirect(length) ? 'direct' : 'whole';
  }

  /** Path and query. */
  get target(): string {
    return this.#bytes.toString('latin1', this.#target.start, this.#target.end);
  }

  /** A view of the bytes that were parsed. */
  get body(): Buffer {
    return this.#bytes.subarray(this.#bodyStart, this.end);
  }

  header(name: Wanted): string | undefined {
    const { start, end } = this.#spans[wanted.indexOf(name)];
    return end === 0 ? undefined : this.#bytes.toString('latin1', start, end);
  }

  #shortOr(kind: 'incomplete' | 'foreign', start: number, end: number): RequestKind {
    return end - start > this.#limits.mostHeadBytes ? 'foreign' : kind;
  }

  /** Where the headers begin. */
  #requestLine(bytes: Buffer, start: number, end: number): number | 'incomplete' | 'foreign' {
    let at = start;
    while (at < end && bytes[at] >= 0x41 && bytes[at] <= 0x5a) at++;
    if (at - start > mostMethodBytes) return 'foreign';
    if (at === end) return 'incomplete';
    if (at === start || bytes[at] !== space) return 'foreign';
    this.method = methodAt(bytes, start, at);
    const target = ++at;
    let query = false;
    for (; at < end; at++) {
      const byte = bytes[at];
      if (byte <= space || byte >= del) break;
      if (byte === question) query = true;
    }
    if (at === end) return 'incomplete';
    if (at === target || bytes[at] !== space || bytes[target] !== 0x2f) return 'foreign';
    this.#target.start = target;
    this.#target.end = at++;
    this.#hasQuery = query;
    for (let i = 0; i < version.length; i++, at++) {
      if (at === end) return 'incomplete';
      if (bytes[at] !== version[i]) return 'foreign';
    }
    return at;
  }

  /** Where the body begins. */
  #headers(bytes: Buffer, start: number, end: number): number | 'incomplete' | 'foreign' {
    let at = start;
    for (;;) {
      const name = at;
      while (at < end && isNameByte[bytes[at]] === 1) at++;
      if (at === end) return 'incomplete';
      if (at === name) {
        if (bytes[at] !== cr) return 'foreign';
        if (at + 1 === end) return 'incomplete';
        return bytes[at + 1] === lf ? at + 2 : 'foreign';
      }
      if (bytes[at] !== colon) return 'foreign';
      const nameEnd = at++;
      while (at < end && (bytes[at] === space || bytes[at] === tab)) at++;
      const value = at;
      while (at < end && (bytes[at] >= space ? bytes[at] !== del : bytes[at] === tab)) at++;
      if (at + 1 >= end) return 'incomplete';
      if (bytes[at] !== cr || bytes[at + 1] !== lf) return 'foreign';
      if (!this.#note(bytes, name, nameEnd, value, at)) return 'foreign';
      at += 2;
    }
  }

  #note(bytes: Buffer, name: number, nameEnd: number, start: number, end: number): boolean {
    const candidates = knownByLength[nameEnd - name];
    if (candidates === undefined) return true;
    for (const known of candidates) {
      if (!sameName(bytes, name, known.bytes)) continue;
      if (known.index < 0) return false;
      const span = this.#spans[known.index];
      // A value may be empty: its end is never 0.
      if (span.end !== 0) return false;
      span.start = start;
      span.end = end;
      while (span.end > start && (bytes[span.end - 1] === space || bytes[span.end - 1] === tab)) span.end--;
      return true;
    }
    return true;
  }

  /** −1: not a plain number. */
  #contentLength(): number {
    const { start, end } = this.#spans[contentLength];
    if (end === 0) return 0;
    if (end === start || end - start > mostLengthDigits) return -1;
    let length = 0;
    for (let i = start; i < end; i++) {
      const digit = this.#bytes[i] - zero;
      if (digit < 0 || digit > 9) return -1;
      length = length * 10 + digit;
    }
    return length;
  }

  #staysOpen(): boolean {
    const { start, end } = this.#spans[connection];
    return end === 0 || (end - start === keepAlive.length && sameName(this.#bytes, start, keepAlive));
  }

  #isDirect(length: number): boolean {
    if (this.#hasQuery || this.#spans[contentEncoding].end !== 0) return false;
    if (this.method === 'PUT') return this.#hasJson();
    return (this.method === 'GET' || this.method === 'DELETE') && length === 0;
  }

  #hasJson(): boolean {
    const { start, end } = this.#spans[contentType];
    const behind = start + json.length;
    return end >= behind && sameName(this.#bytes, start, json) && (end === behind || this.#bytes[behind] === 0x3b);
  }
}

const contentLength = wanted.indexOf('content-length');
const connection = wanted.indexOf('connection');
const host = wanted.indexOf('host');
const contentEncoding = wanted.indexOf('content-encoding');
const contentType = wanted.indexOf('content-type');
const keepAlive = Buffer.from('keep-alive');
const json = Buffer.from('application/json');

/** Without a new string for the frequent ones. */
function methodAt(bytes: Buffer, start: number, end: number): string {
  if (end - start === 3) {
    if (bytes[start] === 0x47 && bytes[start + 1] === 0x45 && bytes[start + 2] === 0x54) return 'GET';
    if (bytes[start] === 0x50 && bytes[start + 1] === 0x55 && bytes[start + 2] === 0x54) return 'PUT';
  }
  return bytes.toString('latin1', start, end);
}

/** `name` is in small letters. */
function sameName(bytes: Buffer, start: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[start + i];
    if (byte !== name[i] && (byte < 0x41 || byte > 0x5a || (byte | lowerBit) !== name[i])) return false;
  }
  return true;
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) table[byte] = 1;
  return table;
}

function byLength(): Known[][] {
  const table: Known[][] = [];
  const add = (name: string, index: number): void => void (table[name.length] ??= []).push({ bytes: Buffer.from(name), index });
  wanted.forEach(add);
  for (const name of refused) add(name, -1);
  return table;
}
