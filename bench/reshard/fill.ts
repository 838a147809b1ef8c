import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { slotOfKey } from '../../shared/slots/crc16.ts';

const pipelined = 500;

/** Writes `bytes` of values of `valueBytes` each under keys `f:N`, straight to the node that owns each slot. Returns how many keys. */
export async function fill(portOfSlot: (slot: number) => number, bytes: number, valueBytes: number): Promise<number> {
  const sockets = new Map<number, { readonly socket: Socket; commands: string[]; waiting: number }>();
  const value = 'v'.repeat(valueBytes);
  const count = Math.floor(bytes / valueBytes);
  for (let i = 0; i < count; i++) {
    const key = `f:${i}`;
    const port = portOfSlot(slotOfKey(Buffer.from(key)));
    let to = sockets.get(port);
    if (to === undefined) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      to = { socket, commands: [], waiting: 0 };
      sockets.set(port, to);
    }
    to.commands.push(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${valueBytes}\r\n${value}\r\n`);
    if (to.commands.length >= pipelined) await flush(to);
  }
  for (const to of sockets.values()) {
    await flush(to);
    to.socket.destroy();
  }
  return count;
}

async function flush(to: { readonly socket: Socket; commands: string[] }): Promise<void> {
  if (to.commands.length === 0) return;
  const expected = to.commands.length * '+OK\r\n'.length;
  let got = '';
  const done = new Promise<void>((resolve, reject) => {
    const take = (part: Buffer): void => {
      got += part.toString('latin1');
      if (got.includes('-')) reject(new Error(got.slice(got.indexOf('-'), got.indexOf('-') + 200)));
      if (got.length < expected) return;
      to.socket.off('data', take);
      resolve();
    };
    to.socket.on('data', take);
  });
  to.socket.write(to.commands.join(''));
  to.commands = [];
  await done;
}
