import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { slotOfKey } from '../../shared/slots/crc16.ts';

const pipelined = 500;

type PortOfSlot = (slot: number) => number;

const valueOf = (index: number, valueBytes: number): string => `${index} `.padEnd(valueBytes, 'v');
const setOf = (key: string, value: string): string => `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${value.length}\r\n${value}\r\n`;
const getOf = (key: string): string => `*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`;

/** Writes `bytes` of values of `valueBytes` each under keys `f:N`, straight to the node that owns each slot. Returns how many keys. */
export async function fill(portOfSlot: PortOfSlot, bytes: number, valueBytes: number): Promise<number> {
  const count = Math.floor(bytes / valueBytes);
  await overAll(portOfSlot, count, (key, index) => setOf(key, valueOf(index, valueBytes)), (answers, indexes) => {
    const expected = '+OK\r\n'.repeat(indexes.length);
    if (answers.includes('-')) throw new Error(answers.slice(answers.indexOf('-'), answers.indexOf('-') + 200));
    return answers.length >= expected.length;
  });
  return count;
}

/** Reads all of them again; how many are not what was written. */
export async function checkFilled(portOfSlot: PortOfSlot, count: number, valueBytes: number): Promise<number> {
  let wrong = 0;
  await overAll(portOfSlot, count, getOf, (answers, indexes) => {
    const parts = answers.split('\r\n');
    const values = parts.filter((part, i) => part.startsWith('-') || part === '$-1' || (i > 0 && parts[i - 1] === `$${valueBytes}`));
    if (values.length < indexes.length || !answers.endsWith('\r\n')) return false;
    wrong += indexes.filter((index, i) => values[i] !== valueOf(index, valueBytes)).length;
    return true;
  });
  return wrong;
}

interface Line {
  readonly socket: Socket;
  commands: string[];
  indexes: number[];
}

/** Sends a command for each key, many at a time; `settled` is asked with all answers so far whether they are complete. */
async function overAll(portOfSlot: PortOfSlot, count: number, commandOf: (key: string, index: number) => string, settled: (answers: string, indexes: readonly number[]) => boolean): Promise<void> {
  const lines = new Map<number, Line>();
  for (let index = 0; index < count; index++) {
    const key = `f:${index}`;
    const port = portOfSlot(slotOfKey(Buffer.from(key)));
    let to = lines.get(port);
    if (to === undefined) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      to = { socket, commands: [], indexes: [] };
      lines.set(port, to);
    }
    to.commands.push(commandOf(key, index));
    to.indexes.push(index);
    if (to.commands.length >= pipelined) await flush(to, settled);
  }
  for (const to of lines.values()) {
    await flush(to, settled);
    to.socket.destroy();
  }
}

async function flush(to: Line, settled: (answers: string, indexes: readonly number[]) => boolean): Promise<void> {
  const { socket, commands, indexes } = to;
  Object.assign(to, { commands: [], indexes: [] });
  if (commands.length === 0) return;
  let got = '';
  const done = new Promise<void>((resolve, reject) => {
    const take = (part: Buffer): void => {
      got += part.toString('latin1');
      try {
        if (!settled(got, indexes)) return;
        socket.off('data', take);
        resolve();
      } catch (error) {
        reject(error as Error);
      }
    };
    socket.on('data', take);
  });
  socket.write(commands.join(''));
  await done;
}
