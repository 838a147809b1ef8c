import type { createServer as CreateServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Timers } from '../ports/ports.ts';

/** What was wrong with bytes that are no request. */
export type HttpFault = 'headers-too-large' | 'timeout' | 'malformed';

export interface FrontServerOptions {
  readonly timers: Timers;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Request line and headers. */
  readonly mostHeaderBytes: number;
  readonly mostConnections: number;
  /** For the headers, and for the whole request, to have arrived. */
  readonly headersMs: number;
  readonly requestMs: number;
  readonly idleMs: number;
  /** Must answer, and must not throw. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** A whole answer, headers included, for what is no request; the connection is closed behind it. */
  readonly faultAnswer: (fault: HttpFault) => { readonly status: string; readonly headers: Readonly<Record<string, string>>; readonly body: string };
}

export interface FrontServer {
  readonly port: number;
  readonly connections: number;
  /** Idle connections are closed, those with a request after its answer, all after `drainMs`. */
  close(drainMs: number): Promise<void>;
}

const checkEveryMs = 1_000;
const lingerMs = 1_000;

/** The HTTP port of a node: bounds what strangers cost and gives the requests on. Rejects with the system's error when it cannot listen. */
export function listenFront(options: FrontServerOptions): Promise<FrontServer> {
  // The module's ES namespace would load Node's whole fetch and WebSocket implementation (8 MB) for its lazy exports.
  const { createServer } = process.getBuiltinModule('node:http') as { createServer: typeof CreateServer };
  const sockets = new Set<Socket>();
  const server = createServer(
    {
      keepAliveTimeout: options.idleMs, headersTimeout: options.headersMs, requestTimeout: options.requestMs, maxHeaderSize: options.mostHeaderBytes, connectionsCheckingInterval: checkEveryMs, noDelay: true,
      requireHostHeader: false,
    },
    options.handle,
  );
  server.maxConnections = options.mostConnections;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => answerFault(options, error.code ?? '', socket as Socket));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.removeListener('error', reject);
      server.on('error', () => undefined);
      resolve({
        port: (server.address() as { port: number }).port,
        get connections() {
          return sockets.size;
        },
        close: (drainMs) =>
          new Promise((done) => {
            const last = options.timers.after(drainMs, () => server.closeAllConnections());
            server.close(() => {
              options.timers.cancel(last);
              done();
            });
            server.closeIdleConnections();
          }),
      });
    });
  });
}

function answerFault(options: FrontServerOptions, code: string, socket: Socket): void {
  if (socket.destroyed || !socket.writable || code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const fault: HttpFault = code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'timeout' : 'malformed';
  const { status, headers, body } = options.faultAnswer(fault);
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`);
  // What still comes is thrown away for a moment: closing at once would take the answer back from a client that is still sending.
  socket.removeAllListeners('data');
  socket.on('data', () => undefined);
  options.timers.after(lingerMs, () => socket.destroy(), { keepAlive: false });
}
