import type { Slowlog, SlowlogEntry } from '../commands/services.ts';
import type { Call } from '../commands/spec.ts';

const maxArguments = 32;
const maxArgumentBytes = 128;
/** Arguments that would put a secret into the log. */
const secretSettings: ReadonlySet<string> = new Set(['masteruser', 'masterauth', 'requirepass', 'tls-key-file-pass', 'tls-client-key-file-pass']);

/** The slowest commands of late, newest first. */
export class SlowCommands implements Slowlog {
  /** slowlog-log-slower-than; negative: nothing is logged. */
  thresholdMicroseconds = 10_000;
  /** slowlog-max-len. */
  maxEntries = 128;
  #nextId = 0;
  #entries: SlowlogEntry[] = [];

  get entries(): readonly SlowlogEntry[] {
    return this.#entries;
  }

  setMaxEntries(count: number): void {
    this.maxEntries = count;
    this.#entries.length = Math.min(this.#entries.length, count);
  }

  clear(): void {
    this.#entries = [];
  }

  /** Looks at one command that has run. */
  consider(call: Pick<Call, 'bytes' | 'argc' | 'start' | 'length' | 'client' | 'nowMs'>, microseconds: number): void {
    if (this.thresholdMicroseconds < 0 || microseconds < this.thresholdMicroseconds || this.maxEntries === 0) return;
    const { client } = call;
    this.#entries.unshift({ id: this.#nextId++, atSeconds: Math.floor(call.nowMs / 1000), microseconds: Math.round(microseconds), words: shown(call), address: client.address, name: client.name });
    if (this.#entries.length > this.maxEntries) this.#entries.length = this.maxEntries;
  }
}

function shown(call: Pick<Call, 'bytes' | 'argc' | 'start' | 'length'>): readonly string[] {
  const { argc } = call;
  const count = Math.min(argc, maxArguments);
  const words = Array.from({ length: count }, (_, i) => {
    if (argc > maxArguments && i === maxArguments - 1) return `... (${argc - maxArguments + 1} more arguments)`;
    const length = call.length[i];
    const text = Buffer.from(call.bytes.buffer, call.bytes.byteOffset + call.start[i], Math.min(length, maxArgumentBytes)).toString('latin1');
    return length > maxArgumentBytes ? `${text}... (${length - maxArgumentBytes} more bytes)` : text;
  });
  return redacted(words);
}

function redacted(words: readonly string[]): readonly string[] {
  const name = words[0]?.toLowerCase();
  const second = words[1]?.toLowerCase();
  if (name === 'auth') return words.map((word, i) => (i === 0 ? word : '(redacted)'));
  if (name === 'hello') return words.map((word, i) => (i > 1 && /^auth$/i.test(words[i - 1] ?? '') ? '(redacted)' : i > 2 && /^auth$/i.test(words[i - 2] ?? '') ? '(redacted)' : word));
  if (name === 'acl' && second === 'setuser') return words.map((word, i) => (i < 2 ? word : '(redacted)'));
  if (name === 'config' && second === 'set') return words.map((word, i) => (i > 2 && secretSettings.has(words[i - 1].toLowerCase()) ? '(redacted)' : word));
  return words;
}
