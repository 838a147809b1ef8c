import { connect } from 'node:net';
import { resp } from '../protocol/raw-client.ts';
import { RespReader, type RespValue } from './resp-values.ts';

export type Word = string | Buffer;

/** Sends commands and takes replies in order; pushes are kept apart. */
export interface RespClient {
  ask(...words: readonly Word[]): Promise<RespValue>;
  /** Sends all at once. */
  askAll(commands: readonly (readonly Word[])[]): Promise<readonly RespValue[]>;
  /** All that has come, pushes too. */
  readonly heard: readonly RespValue[];
  close(): void;
}

export async function respClient(port: number): Promise<RespClient> {
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const reader = new RespReader();
  const heard: RespValue[] = [];
  const waiting: { resolve(value: RespValue): void; reject(error: Error): void }[] = [];
  socket.on('data', (chunk) => {
    reader.add(Buffer.from(chunk as Uint8Array));
    for (let value = reader.next(); value !== undefined; value = reader.next()) {
      heard.push(value);
      if (value.type !== '>') waiting.shift()?.resolve(value);
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    for (const one of waiting.splice(0)) one.reject(new Error('connection closed'));
  });
  const expectReply = (): Promise<RespValue> => new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  return {
    ask(...words) {
      const reply = expectReply();
      socket.write(resp(...words));
      return reply;
    },
    askAll(commands) {
      const replies = commands.map(expectReply);
      socket.write(Buffer.concat(commands.map((words) => resp(...words))));
      return Promise.all(replies);
    },
    heard,
    close: () => socket.destroy(),
  };
}
