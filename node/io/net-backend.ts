import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { IoBackend, IoConnection, IoHandler, IoListener } from './backend.ts';

/** Public `node:net` with 'data' events: the backend that works everywhere. */
export const netBackend: IoBackend = {
  name: 'net',
  listen({ host, port, backlog }, accept) {
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => attach(socket, accept));
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

function attach(socket: Socket, accept: (connection: IoConnection) => IoHandler | undefined): void {
  const handler = accept(new NetConnection(socket));
  socket.on('error', () => socket.destroy());
  if (handler === undefined) {
    socket.destroy();
    return;
  }
  socket.on('data', (chunk: Buffer) => handler.onData(chunk, 0, chunk.length));
  socket.on('drain', () => handler.onDrain());
  socket.on('end', () => {
    if (handler.onEnd?.() !== true) socket.destroySoon();
  });
  socket.on('close', () => handler.onClose());
}

export class NetConnection implements IoConnection {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly fd: number;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddress = joined(socket.remoteAddress, socket.remotePort);
    this.localAddress = joined(socket.localAddress, socket.localPort);
    this.fd = (socket as unknown as { _handle?: { fd?: number } })._handle?.fd ?? -1;
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  write(buffer: Buffer, length: number): boolean {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return true;
    socket.write(buffer.subarray(0, length));
    return socket.writableLength === 0;
  }

  pauseReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  end(): void {
    // The other side may never close its half: nobody waits for that.
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  setKeepAlive(seconds: number): void {
    this.#socket.setKeepAlive(seconds > 0, seconds * 1000);
  }
}

function joined(host: string | undefined, port: number | undefined): string {
  const plain = host?.startsWith('::ffff:') === true ? host.slice(7) : (host ?? '?');
  return `${plain.includes(':') ? `[${plain}]` : plain}:${port ?? 0}`;
}
