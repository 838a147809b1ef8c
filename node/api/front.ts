import type { IncomingMessage, ServerResponse } from 'node:http';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { errorTable } from '../../shared/errors/table.ts';
import type { HttpFault } from '../../shared/io/http-front-server.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { answerHttp, type Health } from '../http/api.ts';
import { errorBody, failure, jsonType } from './answer.ts';
import type { Api } from './app.ts';
import { apiPrefix, parseTarget, type Target } from './target.ts';
import type { WireOptions } from './wire/listen.ts';

/** A key of 64 KiB may be three times as long in a path. */
export const mostHeaderBytes: number = 256 * 1024;

const safeTrace = /^[\w.:-]{1,128}$/;

export interface FrontOptions {
  readonly ports: Ports;
  readonly health: () => Health;
  /** Loads the framework and the schemas: nothing of them is in memory before the first call. */
  readonly loadApi: () => Promise<Api>;
  readonly failed: (error: unknown, call: string) => string;
}

/** The HTTP port: health and what is no call are answered here, calls of the API are given on. */
export function createFront({ ports, health, loadApi, failed }: FrontOptions): Pick<WireOptions, 'direct' | 'handle' | 'faultAnswer' | 'tooSlow'> {
  let api: Api | undefined;
  let loading: Promise<Api> | undefined;
  const start = Buffer.from(ports.random.bytes(10)).toString('hex');
  let count = 0;
  const newTraceId = (): string => start + (++count).toString(16).padStart(12, '0');
  const traceIdOf = (given: unknown): string => (typeof given === 'string' && safeTrace.test(given) ? given : newTraceId());
  const shown = (error: unknown): MeridianError => (error instanceof MeridianError ? error : new MeridianError('INTERNAL', { reference: failed(error, 'HTTP API') }));

  const direct: WireOptions['direct'] = (connection, head) => {
    const url = head.target;
    if (api === undefined || !url.startsWith(apiPrefix)) return undefined;
    const traceId = traceIdOf(head.header('x-trace-id'));
    let target: Target;
    try {
      target = parseTarget(head.method, url);
    } catch (error) {
      const { status, headers, data } = failure(shown(error));
      connection.send(status, headers, traceId, JSON.stringify(data));
      return true;
    }
    if (target.call !== 'get' && target.call !== 'put' && target.call !== 'delete') return undefined;
    const front = { client: connection, target, traceId, startMs: ports.clock.monotonicMs() };
    api.direct({ front, authorization: head.header('authorization'), accept: head.header('accept'), ifNoneMatch: head.header('if-none-match'), body: head.body }, connection);
    return true;
  };

  const handle: WireOptions['handle'] = (request, response, { connection }) => {
    const url = pathOf(request.url ?? '/');
    if (!url.startsWith(apiPrefix)) return answerPlain(request, response, url);
    const traceId = traceIdOf(request.headers['x-trace-id']);
    try {
      const front = { client: connection, target: parseTarget(request.method ?? 'GET', url), traceId, startMs: ports.clock.monotonicMs() };
      if (api !== undefined) return api.framework(request, response, front);
      loading ??= loadApi();
      loading.then(
        (loaded) => {
          api = loaded;
          // The client may have gone while it waited.
          if (!response.destroyed) loaded.framework(request, response, front);
        },
        (error: unknown) => {
          loading = undefined;
          refuse(response, shown(error), traceId);
        },
      );
    } catch (error) {
      refuse(response, shown(error), traceId);
    }
    return;
  };

  function answerPlain(request: IncomingMessage, response: ServerResponse, url: string): void {
    const { status, contentType, body, headers } = answerHttp({ method: request.method ?? 'GET', path: url.split('?')[0], headers: request.headers }, health, newTraceId);
    response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body), ...headers });
    response.end(body);
  }

  function tooSlow(): ReturnType<WireOptions['tooSlow']> {
    const { status, headers, data } = failure(new MeridianError('REQUEST_TIMEOUT'));
    return { status, headers, traceId: newTraceId(), body: JSON.stringify(data) };
  }

  return { direct, handle, faultAnswer: (fault) => faultAnswer(fault, newTraceId()), tooSlow };
}

/** A proxy may ask for a whole URL (RFC 9112, absolute-form): its host is ours. */
function pathOf(url: string): string {
  if (url.startsWith('/')) return url;
  const [, rest] = /^https?:\/\/[^/?#]*(.*)$/i.exec(url) ?? [];
  if (rest === undefined) return url;
  return rest.startsWith('/') ? rest : `/${rest}`;
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

function faultAnswer(fault: HttpFault, traceId: string): ReturnType<WireOptions['faultAnswer']> {
  const code = codeOf[fault];
  const { http } = errorTable[code];
  return { status: `${http} ${reason[http]}`, headers: { 'content-type': jsonType, 'x-trace-id': traceId }, body: JSON.stringify(errorBody(new MeridianError(code, { limitBytes: mostHeaderBytes }))) };
}
