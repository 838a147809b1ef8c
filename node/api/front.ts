import type { IncomingMessage, ServerResponse } from 'node:http';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { errorTable } from '../../shared/errors/table.ts';
import type { FrontServerOptions, HttpFault } from '../../shared/io/http-front-server.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { answerHttp, type Health } from '../http/api.ts';
import { errorBody, failure, jsonType } from './answer.ts';
import type { ApiHandler } from './app.ts';
import type { FrontRequest } from './respond.ts';
import { apiPrefix, parseTarget } from './target.ts';
import { createTurns } from './turns.ts';

/** A key of 64 KiB may be three times as long in a path. */
export const mostHeaderBytes: number = 256 * 1024;

export interface FrontOptions {
  readonly ports: Ports;
  readonly health: () => Health;
  /** Loads the framework and the schemas: nothing of them is in memory before the first call. */
  readonly loadApi: () => Promise<ApiHandler>;
  readonly failed: (error: unknown, call: string) => string;
}

interface Work {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly front: FrontRequest;
}

/** The HTTP port: health and what is no call are answered here, calls of the API are given on. */
export function createFront({ ports, health, loadApi, failed }: FrontOptions): Pick<FrontServerOptions, 'handle' | 'faultAnswer'> {
  let api: ApiHandler | undefined;
  let loading: Promise<ApiHandler> | undefined;
  const start = Buffer.from(ports.random.bytes(10)).toString('hex');
  let count = 0;
  const newTraceId = (): string => start + (++count).toString(16).padStart(12, '0');

  const take = createTurns<Work>(ports.timers, ({ request, response, front }) => {
    // The client may have gone while it waited.
    if (!response.destroyed) api?.(request, response, front);
  });

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '/';
    if (!url.startsWith(apiPrefix)) return answerPlain(request, response, url);
    const given = request.headers['x-trace-id'];
    const traceId = typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : newTraceId();
    try {
      const front = { target: parseTarget(request.method ?? 'GET', url), traceId, startMs: ports.clock.monotonicMs() };
      if (api !== undefined) return take({ request, response, front });
      loading ??= loadApi();
      loading.then(
        (loaded) => {
          api = loaded;
          take({ request, response, front });
        },
        (error: unknown) => {
          loading = undefined;
          refuse(response, new MeridianError('INTERNAL', { reference: failed(error, 'start of the HTTP API') }), traceId);
        },
      );
    } catch (error) {
      refuse(response, error instanceof MeridianError ? error : new MeridianError('INTERNAL', { reference: failed(error, 'HTTP API') }), traceId);
    }
    return;
  }

  function answerPlain(request: IncomingMessage, response: ServerResponse, url: string): void {
    const { status, contentType, body, headers } = answerHttp({ method: request.method ?? 'GET', path: url.split('?')[0], headers: request.headers }, health, newTraceId);
    response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body), ...headers });
    response.end(body);
  }

  return { handle, faultAnswer: (fault) => faultAnswer(fault, newTraceId()) };
}

/** An answer before the framework has seen the request; a body that is still coming is not read. */
function refuse(response: ServerResponse, error: MeridianError, traceId: string): void {
  const { status, headers, data } = failure(error);
  const body = JSON.stringify(data);
  response.writeHead(status, { ...headers, 'x-trace-id': traceId, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const codeOf = { 'headers-too-large': 'HEADERS_TOO_LARGE', timeout: 'REQUEST_TIMEOUT', malformed: 'MALFORMED_HTTP' } as const satisfies Record<HttpFault, string>;
const reason = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' } as const;

function faultAnswer(fault: HttpFault, traceId: string): ReturnType<FrontServerOptions['faultAnswer']> {
  const code = codeOf[fault];
  const { http } = errorTable[code];
  return { status: `${http} ${reason[http]}`, headers: { 'content-type': jsonType, 'x-trace-id': traceId }, body: JSON.stringify(errorBody(new MeridianError(code, { limitBytes: mostHeaderBytes }))) };
}
