import type { IoBackend, IoConnection, IoHandler } from '../../node/io/backend.ts';

/** Sockets that are arrays: what a test feeds arrives at once, what the server writes is kept. */
class MemoryConnection implements IoConnection {
  readonly remoteAddress = '192.0.2.1:1000';
  readonly localAddress = '192.0.2.2:6379';
  readonly fd = -1;
  readonly pendingBytes = 0;
  ended = false;
  readonly #output: Buffer[] = [];
  #handler: IoHandler | undefined;

  attach(handler: IoHandler | undefined): void {
    this.#handler = handler;
  }

  feed(bytes: Buffer): void {
    // A copy with arbitrary bytes around it: whoever reads beyond what arrived is found out.
    const around = Buffer.alloc(bytes.length + 64, '*');
    around.set(bytes, 16);
    if (!this.ended) this.#handler?.onData(around, 16, 16 + bytes.length);
    around.fill('!');
  }

  get output(): string {
    return Buffer.concat(this.#output).toString('latin1');
  }

  write(buffer: Buffer, length: number): boolean {
    this.#output.push(Buffer.from(buffer.subarray(0, length)));
    return true;
  }

  pauseReading(): void {}
  resumeReading(): void {}
  setKeepAlive(): void {}

  end(): void {
    this.ended = true;
    this.#handler?.onClose();
  }

  destroy(): void {
    this.end();
  }
}

export interface MemoryBackend extends IoBackend {
  connect(): MemoryConnection;
}

export function memoryBackend(): MemoryBackend {
  let accept: ((connection: IoConnection) => IoHandler | undefined) | undefined;
  return {
    name: 'memory',
    listen(options, accepting) {
      accept = accepting;
      return Promise.resolve({ host: options.host, port: options.port, close: () => Promise.resolve() });
    },
    connect() {
      const connection = new MemoryConnection();
      connection.attach(accept?.(connection));
      return connection;
    },
  };
}
