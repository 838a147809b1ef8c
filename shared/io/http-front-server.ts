import type { createServer as CreateServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Timers } from '../ports/ports.ts';

/** What was wrong with bytes that are no request. */
export type HttpFault = 'headers-too-large' | 'timeout' | 'malformed';

export interface HttpParserOptions<S extends Duplex> {
  readonly timers: Timers;
  /** Request line and headers. */
  readonly mostHeaderBytes: number;
  /** For the headers, and for the whole request, to have arrived. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** Must answer, and must not throw. */
  readonly handle: (request: IncomingMessage, response: ServerResponse, stream: S) => void;
  /** The answer has been given to the stream, or never will be. */
  readonly answered: (stream: S) => void;
  /** A whole answer, headers included, for what is no request; the connection is closed behind it. */
  readonly faultAnswer: (fault: HttpFault) => { readonly status: string; readonly headers: Readonly<Record<string, string>>; readonly body: string };
}

/** Node's HTTP parser for streams that others have accepted. */
export interface HttpParser<S extends Duplex> {
  serve(stream: S): void;
  close(): void;
}

const checkEveryMs = 1_000;
const lingerMs = 1_000;

/** Bounds what strangers cost and gives their requests on. Node's module is loaded for the first stream. */
export function createHttpParser<S extends Duplex>(options: HttpParserOptions<S>): HttpParser<S> {
  let server: Server | undefined;

  function start(): Server {
    // The module's ES namespace would load Node's whole fetch and WebSocket implementation (8 MB) for its lazy exports.
    const { createServer } = process.getBuiltinModule('node:http') as { createServer: typeof CreateServer };
    const started = createServer(
      // Whoever gives the streams closes idle ones.
      { keepAliveTimeout: 0, headersTimeout: options.headersMs, requestTimeout: options.requestMs, maxHeaderSize: options.mostHeaderBytes, connectionsCheckingInterval: checkEveryMs, requireHostHeader: false },
      (request, response) => {
        const stream = request.socket as unknown as S;
        response.once('close', () => options.answered(stream));
        options.handle(request, response, stream);
      },
    );
    started.on('clientError', (error: NodeJS.ErrnoException, stream) => answerFault(options, error.code ?? '', stream));
    // It never listens itself; this is what starts its clock for slow requests.
    started.emit('listening');
    return started;
  }

  return {
    serve(stream) {
      server ??= start();
      server.emit('connection', stream);
    },
    close() {
      // It says that it did not listen.
      server?.close(() => undefined);
    },
  };
}

function answerFault<S extends Duplex>(options: HttpParserOptions<S>, code: string, stream: Duplex): void {
  if (stream.destroyed || !stream.writable || code === 'ECONNRESET') {
    stream.destroy();
    return;
  }
  const fault: HttpFault = code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'timeout' : 'malformed';
  const { status, headers, body } = options.faultAnswer(fault);
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  stream.write(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`);
  // What still comes is thrown away for a moment: closing at once would take the answer back from a client that is still sending.
  stream.removeAllListeners('data');
  stream.on('data', () => undefined);
  options.timers.after(lingerMs, () => stream.destroy(), { keepAlive: false });
}
