import { fastify, type FastifyReply, type FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { bytesType, failure, jsonType, type Answer } from './answer.ts';
import type { ApiNode, NamespaceFacts } from './api-node.ts';
import { inWordsOf } from './calls/call.ts';
import { callTable, specOf, type CallSpec } from './calls/table.ts';
import { createDirect, type DirectRequest } from './direct.ts';
import { openApiDocument } from './openapi.ts';
import { faultOf, identify, parseBody, traceOf } from './requests.ts';
import { createResponder, type FrontRequest, type Known, type ResponderOptions, type Way } from './respond.ts';

/** JSON of the largest value over HTTP, and what stands around it. Larger values go over the Redis protocol. */
const mostBodyBytes = 32 * 1024 * 1024;

export interface ApiOptions extends Omit<ResponderOptions, 'clock' | 'quotas'> {
  readonly node: ApiNode;
  readonly version: string;
}

/** The HTTP API, loaded. */
export interface Api {
  /** Any call, in the framework. */
  framework(request: IncomingMessage, response: ServerResponse, front: FrontRequest): void;
  direct(request: DirectRequest, way: Way): void;
}

const noNamespace: NamespaceFacts = { name: '', prefix: '', maxValueBytes: 0 };
const knownRequests = new WeakMap<IncomingMessage, Known>();
const knownOf = (request: FastifyRequest): Known => knownRequests.get(request.raw) as Known;

/**
 * The calls of the HTTP API under fastify, which checks what comes and goes by the zod schemas of the table; the frequent ones past it (direct.ts).
 */
export async function createApi({ node, version, failed, accessLog, answers }: ApiOptions): Promise<Api> {
  const openApi = JSON.stringify(openApiDocument(version));
  const respond = createResponder({ clock: node.ports.clock, failed, accessLog, answers, quotas: node.quotas });
  const app = fastify({ bodyLimit: mostBodyBytes, logger: false });
  app.setValidatorCompiler<z.ZodType>(validatorOf);
  app.setSerializerCompiler(serializerOf);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(['application/json', bytesType], { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, parseBody(request.headers, body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  app.addHook('onRequest', (request, _reply, done) => {
    try {
      const known = knownOf(request);
      identify(node, known, specOf(known.front.target.call)?.namespaced === true, request.headers.authorization);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  app.setErrorHandler((error, request, reply) => finish(request, reply, undefined, failure(shownError(error, request))));
  app.setNotFoundHandler((request, reply) => finish(request, reply, undefined, failure(new MeridianError('NOT_IMPLEMENTED', { what: knownOf(request).front.target.call }))));
  for (const spec of callTable) {
    app.route({
      method: spec.methods as ('GET' | 'HEAD')[],
      // The front has made a short route of the path, and every call has its own.
      url: `/${spec.name}`,
      schema: { querystring: spec.query, ...(spec.body === undefined ? {} : { body: spec.body }) },
      exposeHeadRoute: false,
      handler: (request, reply) => answer(spec, request, reply),
    });
  }
  app.route({ method: ['GET', 'HEAD'], url: '/openapi', exposeHeadRoute: false, handler: (request, reply) => finish(request, reply, undefined, { status: 200, headers: { 'content-type': jsonType }, body: openApi }) });

  function answer(spec: CallSpec, request: FastifyRequest, reply: FastifyReply): unknown {
    const known = knownOf(request);
    const { query, body, headers } = request;
    if (spec.body !== undefined && spec.bytes !== true && Buffer.isBuffer(body)) throw new MeridianError('UNSUPPORTED_MEDIA', { detail: bytesType });
    known.traceId = traceOf(query, body, known.traceId);
    const done = spec.run(node, { target: known.front.target, namespace: known.namespace ?? noNamespace, user: known.user, traceId: known.traceId, query, body, headers, log: known.log } as never);
    if (!(done instanceof Promise)) return finish(request, reply, spec, done);
    return done.then((late) => finish(request, reply, spec, late));
  }

  function finish(request: FastifyRequest, reply: FastifyReply, spec: CallSpec | undefined, answered: Answer): void {
    reply.hijack();
    respond(wayOf(request.raw, reply.raw), knownOf(request), spec, answered);
  }

  function shownError(error: unknown, request: FastifyRequest): MeridianError {
    if (error instanceof MeridianError) return inWordsOf(knownOf(request).front.target, error);
    const { code, validationContext, message } = error as { readonly code?: string; readonly validationContext?: string; readonly message?: string };
    if (validationContext !== undefined) return new MeridianError('INVALID_REQUEST', { detail: (message ?? '').slice(0, 300) });
    if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new MeridianError('VALUE_TOO_LARGE', { limitBytes: mostBodyBytes });
    if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new MeridianError('UNSUPPORTED_MEDIA', { detail: String(request.headers['content-type'] ?? 'without Content-Type').slice(0, 100) });
    if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') return new MeridianError('MALFORMED_HTTP');
    return new MeridianError('INTERNAL', { reference: failed(error, knownOf(request).front.target.call) });
  }

  await app.ready();
  return {
    direct: createDirect({ node, failed, respond }),
    framework(request, response, front) {
      const { call, query } = front.target;
      knownRequests.set(request, { front, traceId: front.traceId, user: '', namespace: undefined, counted: false, log: { sent: 0 } });
      request.url = query === '' ? `/${call}` : `/${call}?${query}`;
      // What does not say what it is, is JSON.
      if (request.method === 'PUT' || request.method === 'POST') request.headers['content-type'] ??= jsonType;
      app.routing(request, response);
    },
  };
}

/** Colon, space, end of line. */
const lineBytes = 4;
/** Status line, trace id, length and what Node adds: date and connection. */
const ownHeadBytes = 180;

/** An answer to a request that Node's parser took. */
function wayOf(request: IncomingMessage, response: ServerResponse): Way {
  return {
    acceptEncoding: request.headers['accept-encoding'],
    send(status, headers, traceId, body) {
      const list: string[] = [];
      let bytes = ownHeadBytes;
      for (const name in headers) {
        list.push(name, headers[name]);
        bytes += name.length + headers[name].length + lineBytes;
      }
      list.push('x-trace-id', traceId);
      const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
      if (status !== 304) list.push('content-length', String(bodyBytes));
      response.writeHead(status, list);
      response.end(body);
      // A body that is still coming is read and thrown away: closing would take the answer back from a client that is still sending.
      if (!request.complete) request.resume();
      return bytes + (request.method === 'HEAD' ? 0 : bodyBytes);
    },
  };
}

interface RouteSchema {
  readonly schema: z.ZodType;
  readonly httpPart?: string;
}

function validatorOf({ schema, httpPart }: RouteSchema) {
  return (given: unknown): { value: unknown } | { error: Error } => {
    if (httpPart === 'body' && Buffer.isBuffer(given)) return { value: given };
    const result = schema.safeParse(given);
    if (result.success) return { value: result.data };
    return { error: new Error(faultOf(result.error)) };
  };
}

const serializerOf = () => (data: unknown): string => JSON.stringify(data);
