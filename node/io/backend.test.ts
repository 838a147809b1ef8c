import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { IoConnection, IoHandler } from './backend.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { epollBackend } from './epoll-backend.ts';
import { netBackend } from './net-backend.ts';
import { staticReadBackend } from './static-read-backend.ts';

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });

/** All bytes until the other side closes. */
const everything = (socket: Socket): Promise<Buffer> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });

const once = <T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } => Promise.withResolvers<T>();
const nothing: IoHandler = { onData() {}, onDrain() {}, onClose() {} };

describe.each([netBackend, staticReadBackend(), epollBackend(systemPorts.timers)].filter((backend) => backend !== undefined))('I/O backend $name', (backend) => {
  const listen = (accept: (connection: IoConnection) => IoHandler | undefined) => backend.listen({ host: '127.0.0.1', port: 0, backlog: 16 }, accept);

  it('hands over bytes and sends answers, each connection its own', async () => {
    const listener = await listen((io) => ({ ...nothing, onData: (buffer, start, end) => void io.write(Buffer.from(buffer.subarray(start, end)), end - start) }));
    const sockets = await Promise.all([open(listener.port), open(listener.port)]);
    const answers = sockets.map(everything);
    sockets[0].write('hello');
    sockets[1].write('other');
    for (const socket of sockets) socket.end();
    expect((await Promise.all(answers)).map(String)).toEqual(['hello', 'other']);
    await listener.close();
  });

  it('tells addresses of both sides', async () => {
    const seen = once<IoConnection>();
    const listener = await listen((io) => {
      seen.resolve(io);
      return nothing;
    });
    const socket = await open(listener.port);
    const io = await seen.promise;
    expect([io.remoteAddress, io.localAddress]).toEqual([`127.0.0.1:${socket.localPort}`, `127.0.0.1:${listener.port}`]);
    socket.destroy();
    await listener.close();
  });

  it('keeps what a slow reader has not taken, says so, and sends it in order before it closes', async () => {
    const size = 8_000_000;
    const first = Buffer.alloc(size, 'a');
    const second = Buffer.alloc(size, 'b');
    const drained = once<number>();
    const pending = once<number>();
    const listener = await listen((io) => {
      const taken = [io.write(first, size), io.write(second, size)];
      io.setKeepAlive(60);
      pending.resolve(taken.includes(false) ? io.pendingBytes : 0);
      // However little is left of a buffer, all of it is held.
      if (io.heldBytes !== undefined) expect(io.heldBytes).toBe(taken.filter((one) => !one).length * size);
      return { ...nothing, onDrain: () => (drained.resolve(io.pendingBytes + (io.heldBytes ?? 0)), io.end()) };
    });
    const socket = await open(listener.port);
    expect(await pending.promise).toBeGreaterThan(size);
    const bytes = await everything(socket);
    expect(await drained.promise).toBe(0);
    // What was not taken at once is the backend's, memory and all.
    expect(bytes.equals(Buffer.concat([Buffer.alloc(size, 'a'), Buffer.alloc(size, 'b')]))).toBe(true);
    await listener.close();
  });

  it('end() right after a large write loses nothing', async () => {
    const size = 8_000_000;
    const listener = await listen((io) => {
      io.write(Buffer.alloc(size, 'x'), size);
      io.end();
      return nothing;
    });
    expect((await everything(await open(listener.port))).length).toBe(size);
    await listener.close();
  });

  it('paused, it reads nothing; resumed, everything', async () => {
    const size = 5_000_000;
    let received = 0;
    const all = once<void>();
    let paused: IoConnection | undefined;
    const listener = await listen((io) => ({
      ...nothing,
      onData(_buffer, start, end) {
        received += end - start;
        if (paused === undefined) {
          paused = io;
          io.pauseReading();
        }
        if (received === size) all.resolve();
      },
    }));
    const socket = await open(listener.port);
    socket.write(Buffer.alloc(size, 'z'));
    // A second connection's round trip: what the first had sent would have been read by then.
    await new Promise<void>((resolve) => {
      const other = connect(listener.port, '127.0.0.1', () => other.end());
      other.on('close', () => resolve());
    });
    expect(received).toBeLessThan(size);
    paused?.resumeReading();
    await all.promise;
    socket.destroy();
    await listener.close();
  });

  it('tells of the end once, whoever closes', async () => {
    const closes: string[] = [];
    const both = once<void>();
    let count = 0;
    const listener = await listen((io) => {
      const name = count++ === 0 ? 'by the client' : 'by us';
      return { ...nothing, onData: () => io.destroy(), onClose: () => void (closes.push(name) === 2 && both.resolve()) };
    });
    (await open(listener.port)).destroy();
    const second = await open(listener.port);
    second.write('x');
    await everything(second);
    await both.promise;
    expect(closes.toSorted()).toEqual(['by the client', 'by us']);
    await listener.close();
  });

  it('closes whom the server does not want', async () => {
    const listener = await listen(() => undefined);
    expect((await everything(await open(listener.port))).length).toBe(0);
    await listener.close();
  });

  it('refuses an address that is taken', async () => {
    const listener = await listen(() => nothing);
    await expect(backend.listen({ host: '127.0.0.1', port: listener.port, backlog: 1 }, () => nothing)).rejects.toThrow('EADDRINUSE');
    await listener.close();
  });
});
