import { fastify, type FastifyReply, type FastifyRequest } from 'fastify';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { z } from 'zod';
import type { AccessRecord } from './access-log/record.ts';
import { failure, jsonType, type Answer } from './answer.ts';
import type { ApiNode, NamespaceFacts } from './api-node.ts';
import { webhookUser } from './calls/namespace.ts';
import { callTable, type CallSpec } from './calls/table.ts';
import { compress, encodingFor } from './compress.ts';
import { openApiDocument } from './openapi.ts';
import type { Target } from './target.ts';

/** JSON of the largest value over HTTP, and what stands around it. Larger values go over the Redis protocol. */
export const mostBodyBytes: number = 32 * 1024 * 1024;

/** What the front found out before the framework sees a request. */
export interface FrontRequest {
  readonly target: Target;
  readonly traceId: string;
  readonly startMs: number;
}

export interface ApiOptions {
  readonly node: ApiNode;
  readonly version: string;
  /** An error that is our fault: to be logged with the reference that the caller is given. */
  readonly failed: (error: unknown, call: string) => string;
  readonly record: (record: AccessRecord) => void;
}

export type ApiHandler = (request: IncomingMessage, response: ServerResponse, front: FrontRequest) => void;

interface Known {
  readonly front: FrontRequest;
  user: string;
  namespace: NamespaceFacts | undefined;
  readonly log: { key?: string; hit?: boolean };
}

const known = new WeakMap<IncomingMessage, Known>();
const rawBytes = 'application/octet-stream';
const noNamespace: NamespaceFacts = { name: '', prefix: '', maxValueBytes: 0 };

/** The calls of the HTTP API under fastify, which checks what comes and goes by the zod schemas of the table. Gives the handler for requests below /api/v1/. */
export async function createApi(options: ApiOptions): Promise<ApiHandler> {
  const { node } = options;
  const { clock } = node.ports;
  const openApi = JSON.stringify(openApiDocument(options.version));
  const app = fastify({
    bodyLimit: mostBodyBytes,
    logger: false,
  });
  app.setValidatorCompiler<z.ZodType>(validatorOf);
  app.setSerializerCompiler(serializerOf);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(['application/json', rawBytes], { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, parseBody(request, body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });

  app.addHook('onRequest', (request, _reply, done) => {
    const { front } = of(request);
    const { call, namespace } = front.target;
    try {
      // The document says nothing about data; tools read it before they have a token.
      if (call !== 'openapi') of(request).user = userOf(node, front.target, request.headers.authorization);
      if (specs.get(call)?.namespaced === true) of(request).namespace = namespaceOf(node, namespace, of(request).user);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  app.setErrorHandler((error, request, reply) => finish(request, reply, undefined, failure(shownError(error, request))));
  app.setNotFoundHandler((request, reply) => finish(request, reply, undefined, failure(new MeridianError('NOT_IMPLEMENTED', { what: of(request).front.target.call }))));

  for (const spec of callTable) {
    app.route({
      method: spec.methods as ('GET' | 'HEAD')[],
      url: `/${spec.name}`,
      schema: { querystring: spec.query, ...(spec.body === undefined ? {} : { body: spec.body }) },
      exposeHeadRoute: false,
      handler: (request, reply) => answer(spec, request, reply),
    });
  }
  app.route({ method: ['GET', 'HEAD'], url: '/openapi', exposeHeadRoute: false, handler: (request, reply) => finish(request, reply, undefined, { status: 200, headers: { 'content-type': jsonType }, body: openApi }) });

  function answer(spec: CallSpec, request: FastifyRequest, reply: FastifyReply): unknown {
    const { front, user, namespace, log } = of(request);
    if (spec.body !== undefined && spec.bytes !== true && Buffer.isBuffer(request.body)) throw new MeridianError('UNSUPPORTED_MEDIA', { detail: rawBytes });
    const call = { target: front.target, namespace: namespace ?? noNamespace, user, traceId: traceOf(request, front), query: request.query, body: request.body, headers: request.headers, log };
    const done = spec.run(node, call as never);
    if (!(done instanceof Promise)) return finish(request, reply, spec, done);
    return done.then((late) => finish(request, reply, spec, late));
  }

  function finish(request: FastifyRequest, reply: FastifyReply, spec: CallSpec | undefined, answered: Answer): FastifyReply | Promise<FastifyReply> {
    const { front } = of(request);
    const body = answered.body ?? checked(spec, answered);
    reply.code(answered.status).headers(answered.headers).header('x-trace-id', traceOf(request, front));
    const encoding = encodingFor(request.headers['accept-encoding'], body.length);
    if (encoding === undefined) return sent(request, reply, answered, body);
    return compress(encoding, body).then((small) => sent(request, reply.header('content-encoding', encoding).header('vary', 'Accept, Accept-Encoding'), answered, small));
  }

  function sent(request: FastifyRequest, reply: FastifyReply, { status }: Answer, body: string | Buffer): FastifyReply {
    const { front, user, log } = of(request);
    const { target, startMs, traceId } = front;
    options.record({ namespace: target.namespace, key: log.key ?? target.key.toString(), operation: target.call, hit: log.hit, status, latencyMs: clock.monotonicMs() - startMs, atMs: clock.wallMs(), user, bytes: body.length, traceId });
    // A body that is still coming is read and thrown away: closing would take the answer back from a client that is still sending.
    if (!request.raw.complete) reply.removeHeader('connection');
    return reply.send(body);
  }

  /** An answer that is not what the document says is our fault, and is not sent. */
  function checked(spec: CallSpec | undefined, { status, data }: Answer): string {
    const schema = spec?.answers[status]?.schema;
    if (schema !== undefined && status < 300) {
      const result = schema.safeParse(data);
      if (!result.success) throw new MeridianError('INTERNAL', { reference: options.failed(result.error, spec?.name ?? '') });
    }
    return JSON.stringify(data);
  }

  function shownError(error: unknown, request: FastifyRequest): MeridianError {
    if (error instanceof MeridianError) return error;
    const { code, validationContext, message } = error as { readonly code?: string; readonly validationContext?: string; readonly message?: string };
    if (validationContext !== undefined) return new MeridianError('INVALID_REQUEST', { detail: (message ?? '').slice(0, 300) });
    if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new MeridianError('VALUE_TOO_LARGE', { limitBytes: mostBodyBytes });
    if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new MeridianError('UNSUPPORTED_MEDIA', { detail: String(request.headers['content-type'] ?? 'without Content-Type').slice(0, 100) });
    if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') return new MeridianError('MALFORMED_HTTP');
    return new MeridianError('INTERNAL', { reference: options.failed(error, of(request).front.target.call) });
  }

  await app.ready();
  return (request, response, front) => {
    known.set(request, { front, user: '', namespace: undefined, log: {} });
    const { call, query } = front.target;
    request.url = query === '' ? `/${call}` : `/${call}?${query}`;
    app.routing(request, response);
  };
}

const specs = new Map(callTable.map((spec) => [spec.name, spec]));
const of = (request: FastifyRequest): Known => known.get(request.raw) as Known;

/** The caller's own id wins wherever it is given. */
function traceOf(request: FastifyRequest, front: FrontRequest): string {
  const fromQuery = (request.query as { readonly trace_id?: unknown } | undefined)?.trace_id;
  const fromBody = (request.body as { readonly trace_id?: unknown } | null | undefined)?.trace_id;
  return typeof fromQuery === 'string' && safeTrace.test(fromQuery) ? fromQuery : typeof fromBody === 'string' && safeTrace.test(fromBody) ? fromBody : front.traceId;
}

/** A webhook comes with the token of its namespace instead of a user's. */
function userOf({ access, namespaces }: ApiNode, { call, namespace }: Target, authorization: string | undefined): string {
  const wanted = call === 'invalidate' ? namespaces.find(namespace)?.webhookTokenSha256 : undefined;
  const token = wanted === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (wanted !== undefined && token !== undefined && timingSafeEqual(createHash('sha256').update(token).digest(), Buffer.from(wanted, 'hex'))) return webhookUser;
  return access.userOf(authorization);
}

const safeTrace = /^[\w.:-]{1,128}$/;

/** Somebody bound to other namespaces is told the same whether this one exists or not. */
function namespaceOf({ namespaces, access }: ApiNode, name: string, user: string): NamespaceFacts {
  const found = namespaces.find(name);
  if (found !== undefined) return found;
  throw access.mayUse(user, name, 'read') || access.mayUse(user, name, 'write') ? new MeridianError('INVALID_NAMESPACE') : new MeridianError('NO_PERMISSION', { command: 'cache' });
}

function parseBody(request: FastifyRequest, body: Buffer): unknown {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw new MeridianError('UNSUPPORTED_MEDIA', { detail: `with Content-Encoding ${encoding.slice(0, 50)}` });
  if (request.headers['content-type']?.startsWith(rawBytes) === true) return body;
  try {
    return JSON.parse(utf8.decode(body)) as unknown;
  } catch (error) {
    throw new MeridianError('MALFORMED_JSON', { detail: error instanceof SyntaxError ? error.message.slice(0, 200) : 'it is not UTF-8' });
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

interface RouteSchema {
  readonly schema: z.ZodType;
  readonly httpPart?: string;
}

function validatorOf({ schema, httpPart }: RouteSchema) {
  return (given: unknown): { value: unknown } | { error: Error } => {
    if (httpPart === 'body' && Buffer.isBuffer(given)) return { value: given };
    const result = schema.safeParse(given);
    if (result.success) return { value: result.data };
    const [issue] = result.error.issues;
    return { error: new Error(issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`) };
  };
}

const serializerOf = () => (data: unknown): string => JSON.stringify(data);
