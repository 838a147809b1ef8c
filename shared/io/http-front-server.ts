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
  /** So many requests of the stream wait that no more bytes of it are wanted for now; false: they are again. */
  readonly crowded: (stream: S, isCrowded: boolean) => void;
  /** A whole answer, headers included, for what is no request; the connection is closed behind it. */
  readonly faultAnswer: (fault: HttpFault) => { readonly status: string; readonly headers: Readonly<Record<string, string>>; readonly body: string };
}

/** Node's HTTP parser for streams that others have accepted. */
export interface HttpParser<S extends Duplex> {
  serve(stream: S): void;
  close(): void;
}

interface StreamState {
  /** Behind the one that runs: a write and a read of one connection take effect in their order. */
  readonly waiting: { readonly request: IncomingMessage; readonly response: ServerResponse }[];
  running: boolean;
  /** Those that wait, and the one that runs. */
  readonly unanswered: Set<IncomingMessage>;
  /** Nothing that comes is a request any more. */
  faulty: boolean;
  /** What is still to be said about that. */
  last: (() => void) | undefined;
}

/** Answers keep the order of their requests; one whose body is what was wrong gets no other answer. */
function settle(state: StreamState): void {
  const { last, unanswered } = state;
  if (last === undefined || [...unanswered].some(({ complete }) => complete)) return;
  state.last = undefined;
  last();
}

/** Requests of a connection that wait, above which nothing more is read of it. Pausing the stream would not do: Node goes on with it behind every request. */
const mostWaiting = 16;
const checkEveryMs = 1_000;
const lingerMs = 1_000;

/** Bounds what strangers cost and gives their requests on. Node's module is loaded for the first stream. */
export function createHttpParser<S extends Duplex>(options: HttpParserOptions<S>): HttpParser<S> {
  let server: Server | undefined;
  const states = new WeakMap<S, StreamState>();

  function stateOf(stream: S): StreamState {
    const known = states.get(stream) ?? { waiting: [], running: false, unanswered: new Set(), faulty: false, last: undefined };
    states.set(stream, known);
    return known;
  }

  function start(): Server {
    // The module's ES namespace would load Node's whole fetch and WebSocket implementation (8 MB) for its lazy exports.
    const { createServer } = process.getBuiltinModule('node:http') as { createServer: typeof CreateServer };
    const started = createServer(
      // Whoever gives the streams closes idle ones.
      { keepAliveTimeout: 0, headersTimeout: options.headersMs, requestTimeout: options.requestMs, maxHeaderSize: options.mostHeaderBytes, connectionsCheckingInterval: checkEveryMs, requireHostHeader: false },
      (request, response) => {
        const stream = request.socket as unknown as S;
        const mine = stateOf(stream);
        if (mine.faulty) return;
        if (!hasOneHost(request)) return fault(stream, mine, 'malformed');
        mine.unanswered.add(request);
        mine.waiting.push({ request, response });
        if (mine.waiting.length >= mostWaiting) options.crowded(stream, true);
        runNext(stream, mine);
      },
    );
    started.on('clientError', (error: NodeJS.ErrnoException, stream) => {
      const mine = stateOf(stream as unknown as S);
      // Bytes behind the last request of a connection: nobody reads them.
      if (error.code === 'HPE_CLOSED_CONNECTION' || mine.faulty) return;
      fault(stream, mine, error.code ?? '');
    });
    // Whoever sends nothing more may still be answered.
    (started as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
    // It never listens itself; this is what starts its clock for slow requests.
    started.emit('listening');
    return started;
  }

  function fault(stream: Duplex, mine: StreamState, code: string): void {
    mine.faulty = true;
    mine.last = () => answerFault(options, code, stream);
    settle(mine);
  }

  function runNext(stream: S, mine: StreamState): void {
    // Of a client that has gone nothing more is run: nobody would see it end.
    if (stream.destroyed) mine.waiting.length = 0;
    const next = mine.running ? undefined : mine.waiting.shift();
    if (next === undefined) return;
    if (mine.waiting.length < mostWaiting) options.crowded(stream, false);
    const { request, response } = next;
    mine.running = true;
    response.once('close', () => {
      mine.running = false;
      mine.unanswered.delete(request);
      options.answered(stream);
      settle(mine);
      runNext(stream, mine);
    });
    options.handle(request, response, stream);
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

/** RFC 9112, 3.2: two readers could take two hosts, or none, for different requests. */
function hasOneHost({ rawHeaders, httpVersionMinor }: IncomingMessage): boolean {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i].length === 4 && rawHeaders[i].toLowerCase() === 'host') count++;
  return count === 1 || (count === 0 && httpVersionMinor === 0);
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
