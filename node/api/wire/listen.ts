import type { Ports, TimerHandle } from '../../../shared/ports/ports.ts';
import { createHttpParser, type HttpParserOptions } from '../../../shared/io/http-front-server.ts';
import type { IoBackend } from '../../io/backend.ts';
import type { Headers } from '../answer.ts';
import { AnswerWriter } from './answer-writer.ts';
import type { FrameworkStream } from './framework-stream.ts';
import { HttpConnection, type HttpWire } from './http-connection.ts';
import { RequestHead } from './request-head.ts';
import { Turns } from './turns.ts';

export interface WireLimits {
  /** Request line and headers. */
  readonly mostHeaderBytes: number;
  readonly mostConnections: number;
  /** For the headers, and for the whole request, to have arrived. */
  readonly headersMs: number;
  readonly requestMs: number;
  readonly idleMs: number;
  /** Of all connections together, in memory: requests, and answers that clients have not taken. */
  readonly mostBufferBytes: () => number;
}

export interface WireOptions extends WireLimits, Pick<HttpWire, 'direct'> {
  readonly ports: Ports;
  readonly backend: IoBackend;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly handle: HttpParserOptions<FrameworkStream>['handle'];
  readonly faultAnswer: HttpParserOptions<FrameworkStream>['faultAnswer'];
  /** What a request that did not arrive in time is told. */
  readonly tooSlow: () => { readonly status: number; readonly headers: Headers; readonly traceId: string; readonly body: string };
  /** The connection is gone. */
  readonly gone: (connection: HttpConnection) => void;
}

export interface HttpListener {
  readonly port: number;
  readonly connections: number;
  /** Idle connections are closed, those with a request after its answer, all after `drainMs`. */
  close(drainMs: number): Promise<void>;
}

const backlog = 511;
const lookMs = 1_000;
/** How much may come to what clients have in memory until that is looked at. */
const growthBytes = 4 * 1024 * 1024;
/** What a request may have in memory while it is not whole. */
const heldLimits = { mostHeadBytes: 64 * 1024, mostWholeBytes: 64 * 1024 } as const;

/** The HTTP port of a node: bounds what strangers cost and gives requests on. Rejects with the system's error when it cannot listen. */
export async function listenHttp({ ports, backend, host, port, direct, handle, faultAnswer, tooSlow, gone, ...limits }: WireOptions): Promise<HttpListener> {
  const { clock, timers } = ports;
  const connections = new Set<HttpConnection>();
  let allGone: (() => void) | undefined;
  let looking: TimerHandle | undefined;
  let grownBytes = 0;
  const parser = createHttpParser<FrameworkStream>({
    timers,
    ...limits,
    handle(request, response, stream) {
      stream.connection.frameworkBegins();
      handle(request, response, stream);
    },
    answered: (stream) => stream.connection.frameworkAnswered(),
    crowded: (stream, isCrowded) => stream.connection.crowded(isCrowded),
    faultAnswer,
  });
  const wire: HttpWire = {
    head: new RequestHead(heldLimits),
    turns: new Turns(timers),
    writer: new AnswerWriter(clock),
    nowMs: () => clock.monotonicMs(),
    direct,
    serve: parser.serve,
    grown(bytes) {
      grownBytes += bytes;
      if (grownBytes >= growthBytes) boundBuffers();
    },
    closed(connection) {
      connections.delete(connection);
      gone(connection);
      if (connections.size > 0) return;
      timers.cancel(looking);
      looking = undefined;
      allGone?.();
    },
  };

  /** Those that have most are closed before the memory is gone, and with it the data. */
  function boundBuffers(): void {
    grownBytes = 0;
    let total = 0;
    for (const { bufferBytes } of connections) total += bufferBytes;
    const most = limits.mostBufferBytes();
    if (total <= most) return;
    for (const connection of [...connections].toSorted((a, b) => b.bufferBytes - a.bufferBytes)) {
      total -= connection.bufferBytes;
      connection.abandon();
      if (total <= most) return;
    }
  }

  /** Slow requests, idle connections, clients that ask and do not listen. */
  function look(): void {
    boundBuffers();
    const nowMs = clock.monotonicMs();
    for (const connection of connections) {
      const { arrivingSinceMs, headArrived, idle, lastActiveMs } = connection;
      if (connection.takesNothing(nowMs, limits.idleMs)) {
        connection.abandon();
      } else if (arrivingSinceMs > 0 && nowMs - arrivingSinceMs > (headArrived ? limits.requestMs : limits.headersMs)) {
        const { status, headers, traceId, body } = tooSlow();
        connection.fault(status, headers, traceId, body);
      } else if (idle && nowMs - lastActiveMs > limits.idleMs) {
        connection.io.end();
      }
    }
  }

  const listener = await backend.listen({ host, port, backlog }, (io) => {
    if (connections.size >= limits.mostConnections) return undefined;
    const connection = new HttpConnection(io, wire);
    connections.add(connection);
    looking ??= timers.every(lookMs, look, { keepAlive: false });
    return connection;
  });
  return {
    port: listener.port,
    get connections() {
      return connections.size;
    },
    async close(drainMs) {
      const closed = listener.close();
      const everybodyGone = new Promise<void>((resolve) => (allGone = resolve));
      for (const connection of connections) connection.close();
      const last = timers.after(drainMs, () => {
        for (const connection of connections) connection.io.destroy();
      });
      if (connections.size > 0) await everybodyGone;
      await closed;
      timers.cancel(last);
      timers.cancel(looking);
      parser.close();
    },
  };
}
