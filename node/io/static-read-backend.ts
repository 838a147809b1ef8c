import { createServer, Socket, type AddressInfo, type Server } from 'node:net';
import type { IoBackend, IoConnection, IoHandler, IoListener } from './backend.ts';
import { NetConnection } from './net-backend.ts';
import { knowsHandles, StreamHandleConnection, type StreamHandle } from './stream-handle-connection.ts';

/** Bytes of one read. */
const readBytes = 64 * 1024;
/** Room in front of the read for what was left of the command before. */
const headroomBytes = 32 * 1024;

/** What `net` has below its sockets; not public, so everything used of it is named here and checked before use. */
interface SocketInternals {
  _handle: StreamHandle | null;
  _server: Server | null;
  server: Server | null;
}

/**
 * `node:net` with one read buffer for all connections: the kernel's bytes land in it and are parsed there, so a read allocates nothing; and replies are given to the
 * handle without the layers of a stream. Accepted sockets have no `onread` option: their handle is taken over by a socket that was made with one. Where that is
 * not possible (another Node), the connection falls back to 'data' events.
 */
export function staticReadBackend(): IoBackend {
  const arena = Buffer.allocUnsafeSlow(headroomBytes + readBytes);
  const readArea = arena.subarray(headroomBytes);
  return {
    name: 'static-read',
    listen({ host, port, backlog }, accept) {
      return new Promise((resolve, reject) => {
        const server = createServer({ noDelay: true, pauseOnConnect: true, allowHalfOpen: true }, (socket) => attach(socket, server, accept));
        server.once('error', reject);
        server.listen({ host, port, backlog }, () => {
          server.off('error', reject);
          const address = server.address() as AddressInfo;
          const close = (): Promise<void> => new Promise((closed) => server.close(() => closed()));
          resolve({ host: address.address, port: address.port, close } satisfies IoListener);
        });
      });
    },
  };

  function attach(accepted: Socket, server: Server, accept: (connection: IoConnection) => IoHandler | undefined): void {
    const handle = (accepted as unknown as SocketInternals)._handle;
    if (!knowsHandles || handle === null || typeof handle.useUserBuffer !== 'function') return attachPlain(accepted, accept);
    const socket = takeOver(accepted, handle, server, readArea, (count) => {
      handler?.onData(arena, headroomBytes, headroomBytes + count);
      return true;
    });
    const handler = accept(new StreamHandleConnection(socket, handle, () => handler?.onDrain()));
    listen(socket, handler);
  }
}

function attachPlain(socket: Socket, accept: (connection: IoConnection) => IoHandler | undefined): void {
  const handler = accept(new NetConnection(socket));
  if (handler !== undefined) socket.on('data', (chunk: Buffer) => handler.onData(chunk, 0, chunk.length));
  listen(socket, handler);
  socket.resume();
}

function listen(socket: Socket, handler: IoHandler | undefined): void {
  socket.on('error', () => socket.destroy());
  if (handler === undefined) {
    socket.destroy();
    return;
  }
  socket.on('drain', () => handler.onDrain());
  socket.on('end', () => {
    if (handler.onEnd?.() !== true) socket.destroySoon();
  });
  socket.on('close', () => handler.onClose());
}

function takeOver(accepted: Socket, handle: StreamHandle, server: Server, buffer: Buffer, onBytes: (count: number) => boolean): Socket {
  const from = accepted as unknown as SocketInternals;
  from._handle = null;
  const socket = new Socket({ handle, allowHalfOpen: true, onread: { buffer, callback: onBytes } } as unknown as ConstructorParameters<typeof Socket>[0]);
  const to = socket as unknown as SocketInternals;
  // The server counts its connections by this, to know when it is closed.
  to._server = server;
  to.server = server;
  from._server = null;
  from.server = null;
  return socket;
}
