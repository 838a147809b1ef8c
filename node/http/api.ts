import { sentenceOf, type ErrorDetails } from '../../shared/errors/meridian-error.ts';
import { errorTable, type ErrorCode } from '../../shared/errors/table.ts';
import type { PlainAnswer, PlainRequest } from '../../shared/io/http-server.ts';

/** What the HTTP port answers without the API: health, and that there is nothing else. */
export interface Health {
  /** Undefined: healthy. Else why clients should go elsewhere. */
  readonly reason: string | undefined;
  readonly redisListens: boolean;
  readonly memoryUsedBytes: number;
  readonly memoryLimitBytes: number;
}

export function answerHttp(request: PlainRequest, health: () => Health, newTraceId: () => string): PlainAnswer {
  const traceId = traceIdOf(request) ?? newTraceId();
  if (request.path === '/health') {
    if (request.method !== 'GET' && request.method !== 'HEAD') return failure('NO_ROUTE', { method: request.method, path: request.path }, traceId);
    return healthAnswer(health(), traceId);
  }
  return failure('NO_ROUTE', { method: request.method, path: request.path.slice(0, 200) }, traceId);
}

function healthAnswer(health: Health, traceId: string): PlainAnswer {
  const { reason, redisListens, memoryUsedBytes, memoryLimitBytes } = health;
  const body = {
    status: reason === undefined ? 'healthy' : 'unhealthy',
    redis: redisListens ? 'connected' : 'disconnected',
    memory_usage: `${memoryLimitBytes > 0 ? Math.round((100 * memoryUsedBytes) / memoryLimitBytes) : 0}%`,
    ...(reason === undefined ? {} : { reason }),
  };
  return json(reason === undefined ? 200 : 503, body, traceId);
}

function failure(code: ErrorCode, details: ErrorDetails, traceId: string): PlainAnswer {
  return json(errorTable[code].http, { error: sentenceOf(code, details), code, message: errorTable[code].remedy }, traceId);
}

const json = (status: number, body: unknown, traceId: string): PlainAnswer => ({ status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n`, headers: { 'X-Trace-Id': traceId } });

/** The caller's own, when it is one that can go into a header and a log. */
function traceIdOf(request: PlainRequest): string | undefined {
  const given = request.headers['x-trace-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : undefined;
}
