import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Address } from '../run-suite.ts';
import { Unmet } from './case.ts';

/** Load over the Redis protocol, straight on sockets: the tool must not be what is measured. */
export interface RedisLoad {
  readonly address: Address;
  /** Sends one command on a connection of its own; the raw reply. */
  ask(...words: readonly string[]): Promise<string>;
  /** Pipelined commands over some connections until `count` are answered; requests per second. Every reply must begin with `replyStart`. */
  rate(command: (i: number) => readonly string[], replyBytes: number, replyStart: string, count: number): Promise<number>;
  /** Parts of keys, to stand in braces, whose slots this node serves. */
  tags(): Promise<readonly string[]>;
}

const connections = 8;
const pipeline = 100;
const tagsWanted = 64;
const mostProbes = 4_096;

export const encode = (words: readonly string[]): string => `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

export function createRedisLoad(address: Address, password: string | undefined): RedisLoad {
  let known: Promise<readonly string[]> | undefined;

  async function open(): Promise<Socket> {
    const socket = connect(address);
    socket.setNoDelay(true);
    await once(socket, 'connect');
    if (password !== undefined) await exchange(socket, encode(['AUTH', password]));
    return socket;
  }

  async function ask(...words: readonly string[]): Promise<string> {
    const socket = await open();
    try {
      return await exchange(socket, encode(words));
    } finally {
      socket.destroy();
    }
  }

  async function findTags(): Promise<readonly string[]> {
    const socket = await open();
    const found: string[] = [];
    for (let i = 0; i < mostProbes && found.length < tagsWanted; i++) if (!(await exchange(socket, encode(['EXISTS', `{t${i}}`]))).startsWith('-')) found.push(`t${i}`);
    socket.destroy();
    if (found.length === 0) throw new Unmet(`the node at ${address.host}:${address.port} serves no slots`);
    return found;
  }

  async function rate(command: (i: number) => readonly string[], replyBytes: number, replyStart: string, count: number): Promise<number> {
    const sockets = await Promise.all(Array.from({ length: connections }, open));
    let next = 0;
    const batch = (): string => Array.from({ length: pipeline }, () => encode(command(next++))).join('');
    const begin = performance.now();
    await Promise.all(sockets.map((socket) => drive(socket, batch, () => next < count, replyBytes * pipeline, replyStart)));
    const seconds = (performance.now() - begin) / 1000;
    for (const socket of sockets) socket.destroy();
    return next / seconds;
  }

  return { address, ask, rate, tags: () => (known ??= findTags()) };
}

/** One batch under way after the other, counted by their bytes. */
function drive(socket: Socket, batch: () => string, more: () => boolean, batchReplyBytes: number, replyStart: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = batchReplyBytes;
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      if (left === batchReplyBytes && !chunk.toString('latin1', 0, replyStart.length).startsWith(replyStart.slice(0, chunk.length))) return reject(new Unmet(`answered ${chunk.toString('latin1', 0, 100)}`));
      left -= chunk.length;
      if (left > 0) return;
      if (left < 0) return reject(new Unmet('more bytes came than were asked for'));
      if (!more()) return resolve();
      left = batchReplyBytes;
      socket.write(batch());
    });
    socket.write(batch());
  });
}

/** One reply that ends with a line end and fits a packet. */
async function exchange(socket: Socket, bytes: string): Promise<string> {
  socket.write(bytes);
  return String((await once(socket, 'data'))[0]);
}
