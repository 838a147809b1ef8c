import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPayload } from '../../node/commands/serialization/check-payload.ts';
import { crc64 } from '../../node/commands/serialization/crc64.ts';
import { rdbVersion } from '../../node/commands/serialization/format.ts';
import { corpus as requests } from '../protocol/corpus/requests.ts';
import { RespReader } from '../commands/resp-values.ts';
import { startMemoryNode, type MemoryNode } from './memory-node.ts';

/** Something that takes bytes from outside. */
export interface Target {
  /** Files whose blocks count as reached. */
  readonly covers: RegExp;
  readonly words: readonly string[];
  readonly seeds: () => readonly Buffer[];
  /** Throws when the input broke a promise. */
  readonly run: (input: Buffer, node: MemoryNode) => void;
}

/** A node serves so many inputs: what one of them set may not be in the way of all others. */
const inputsPerNode = 50;
const secret = 'what-another-client-sent-0123456789';
/** Their answers depend on more than the input. */
const changing = /info|client|memory|debug|slowlog|latency|hello|config|monitor|lolwut|object|time|command|cluster|psync|reset|keys|dump/i;

function expectThat(holds: boolean, promise: string): void {
  if (!holds) throw new Error(promise);
}

function isResp(bytes: Buffer): boolean {
  const reader = new RespReader();
  reader.add(bytes);
  for (;;) {
    const value = reader.next();
    if (value === undefined) return reader.isEmpty;
  }
}

function runParser(input: Buffer, node: MemoryNode): void {
  node.ask('ECHO', secret);
  node.ask('FLUSHALL');
  const whole = node.answers(input);
  expectThat(!whole.includes(secret.slice(0, 20)), 'bytes of another client were answered');
  expectThat(isResp(whole), `the answer is not RESP: ${JSON.stringify(whole.toString('latin1').slice(0, 300))}`);
  if (input.length < 2 || changing.test(input.toString('latin1'))) return;
  node.ask('FLUSHALL');
  const cut = 1 + (input.reduce((sum, byte) => sum * 31 + byte, 7) >>> 0) % (input.length - 1);
  const pieces = node.answers(input.subarray(0, cut), input.subarray(cut));
  expectThat(pieces.equals(whole), `cut at ${cut} it is answered ${JSON.stringify(pieces.toString('latin1').slice(0, 300))}, whole ${JSON.stringify(whole.toString('latin1').slice(0, 300))}`);
}

function sealed(value: Buffer): Buffer {
  const footer = Buffer.alloc(10);
  footer.writeUInt16LE(rdbVersion, 0);
  const whole = Buffer.concat([value, footer]);
  const { low, high } = crc64(whole, 0, value.length + 2);
  whole.writeInt32LE(low, value.length + 2);
  whole.writeInt32LE(high, value.length + 6);
  return whole;
}

const readings: readonly (readonly string[])[] = [['OBJECT', 'ENCODING', 'k'], ['GET', 'k'], ['LRANGE', 'k', '0', '-1'], ['SMEMBERS', 'k'], ['HGETALL', 'k'], ['ZRANGE', 'k', '0', '-1', 'WITHSCORES'], ['SORT', 'k', 'BY', 'nosort'], ['COPY', 'k', '{k}2'], ['RENAME', '{k}2', 'k']];

function runPayload(input: Buffer, node: MemoryNode): void {
  const facts = [0x00, 0xff].map((filler) => {
    const around = Buffer.alloc(input.length + 200, filler);
    around.set(input, 100);
    return JSON.stringify(checkPayload(around, 100, 100 + input.length, () => 0));
  });
  expectThat(facts[0] === facts[1], 'what lies around the payload was read');
  const answer = node.ask('RESTORE', 'k', '0', sealed(input), 'REPLACE').toString('latin1');
  if (answer === '-ERR Bad data format\r\n') return;
  expectThat(answer === '+OK\r\n', `RESTORE answered ${answer}`);
  for (const words of readings) expectThat(isResp(node.ask(...words)), `${words.join(' ')} is not answered in RESP`);
  const reader = new RespReader();
  reader.add(node.ask('DUMP', 'k'));
  const dumped = reader.next();
  const again = node.ask('RESTORE', 'k', '0', Buffer.from(dumped !== undefined && 'text' in dumped ? dumped.text : '', 'latin1'), 'REPLACE').toString('latin1');
  expectThat(again === '+OK\r\n', `what was taken is not taken when it was dumped: ${again}`);
}

const payloadSeeds = (): readonly Buffer[] =>
  readFileSync(join(import.meta.dirname, '../commands/corpus/payloads.txt'), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => Buffer.from(line.split(' ')[0], 'hex'));

export const targets = {
  parser: {
    covers: /\/node\/server\/(?:request-parser|connection|server-loop|executor|reply-writer)\.ts$|\/node\/commands\/(?:key-extraction|registry|subcommand|arguments|integer-text|double-argument|decimal)\.ts$/,
    words: ['*1\r\n', '*2\r\n', '*3\r\n', '$1\r\na\r\n', '$3\r\nGET\r\n', '$3\r\nSET\r\n', '\r\n', '\n', '"', "'", '\\x', ' ', '$0\r\n\r\n', '*-1\r\n', 'MULTI\r\n', 'EXEC\r\n', 'WATCH a\r\n', 'INCR a\r\n', 'LPUSH l 1\r\n', 'BLPOP l 0\r\n', 'ZADD z 1.5 m\r\n', 'EVAL x 1 a\r\n', 'SORT l STORE d\r\n', 'ZUNION 2 a b\r\n', 'SUBSCRIBE c\r\n', 'HELLO 3\r\n', 'CLIENT REPLY SKIP\r\n', 'QUIT\r\n', 'XX', 'NX', '9223372036854775807'],
    seeds: () => requests.map((text) => Buffer.from(text, 'latin1')).filter((bytes) => bytes.length <= 4096),
    run: runParser,
  },
  payloads: {
    covers: /\/node\/commands\/serialization\/|\/node\/engine\/collections\//,
    words: ['\xc0\x01', '\xc1\x01\x01', '\xc2\x01\x01\x01\x01', '\xc3\x02\x02', '\x80\0\0\0\x01', '\x81\0\0\0\0\0\0\0\x01', '\xf0\0\0\0', '\xf4\0\0\0\0\0\0\0\0', '\xfe', '\xff', '\x7f\xff\xff\xff', '\x01', '\x02', '\x0b', '\x10', '\x11', '\x12'],
    seeds: payloadSeeds,
    run: runPayload,
  },
} as const satisfies Readonly<Record<string, Target>>;

export type TargetName = keyof typeof targets;

/** Runs inputs one after the other, on a node that is changed now and then. */
export class Runner {
  readonly #target: Target;
  #node: MemoryNode | undefined;
  #left = 0;

  constructor(target: Target) {
    this.#target = target;
  }

  /** What is wrong; undefined when the input did no harm. */
  async run(input: Buffer): Promise<string | undefined> {
    if (this.#node === undefined || this.#left-- <= 0 || !this.#node.ask('PING').equals(Buffer.from('+PONG\r\n'))) {
      await this.stop();
      this.#node = await startMemoryNode();
      this.#left = inputsPerNode;
    }
    try {
      this.#target.run(input, this.#node);
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    return this.#node.faults.length > 0 ? this.#node.faults.join('\n') : undefined;
  }

  async stop(): Promise<void> {
    await this.#node?.stop();
    this.#node = undefined;
  }
}
