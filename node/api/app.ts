import { fastify, type FastifyReply, type FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { bytesType, failure, jsonType, type Answer } from './answer.ts';
import type { ApiNode, NamespaceFacts } from './api-node.ts';
import { get } from './calls/get.ts';
import { callTable, type CallSpec } from './calls/table.ts';
import { openApiDocument } from './openapi.ts';
import { namespaceOf, parseBody, traceOf, userOf } from './requests.ts';
import { createResponder, type FrontRequest, type Known, type ResponderOptions } from './respond.ts';

/** JSON of the largest value over HTTP, and what stands around it. Larger values go over the Redis protocol. */
const mostBodyBytes = 32 * 1024 * 1024;

export interface ApiOptions extends Omit<ResponderOptions, 'clock'> {
  readonly node: ApiNode;
  readonly version: string;
}

export type ApiHandler = (request: IncomingMessage, response: ServerResponse, front: FrontRequest) => void;

const noNamespace: NamespaceFacts = { name: '', prefix: '', maxValueBytes: 0 };
const noQuery = {};
const specs = new Map(callTable.map((spec) => [spec.name, spec]));
const getSpec = specs.get('get') as CallSpec;
const knownRequests = new WeakMap<IncomingMessage, Known>();
const knownOf = (request: FastifyRequest): Known => knownRequests.get(request.raw) as Known;

/**
 * The calls of the HTTP API under fastify, which checks what comes and goes by the zod schemas of the table. A plain GET of a key has nothing to check and takes the short
 * way. Gives the handler for requests below /api/v1/.
 */
export async function createApi({ node, version, failed, accessLog, answers }: ApiOptions): Promise<ApiHandler> {
  const openApi = JSON.stringify(openApiDocument(version));
  const respond = createResponder({ clock: node.ports.clock, failed, accessLog, answers });
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
      identify(knownOf(request), request.headers.authorization);
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

  function identify(known: Known, authorization: string | undefined): void {
    const { call, namespace } = known.front.target;
    // The document says nothing about data; tools read it before they have a token.
    if (call !== 'openapi') known.user = userOf(node, known.front.target, authorization);
    if (specs.get(call)?.namespaced === true) known.namespace = namespaceOf(node, namespace, known.user);
  }

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
    respond(request.raw, reply.raw, knownOf(request), spec, answered);
  }

  function shownError(error: unknown, request: FastifyRequest): MeridianError {
    if (error instanceof MeridianError) return error;
    const { code, validationContext, message } = error as { readonly code?: string; readonly validationContext?: string; readonly message?: string };
    if (validationContext !== undefined) return new MeridianError('INVALID_REQUEST', { detail: (message ?? '').slice(0, 300) });
    if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new MeridianError('VALUE_TOO_LARGE', { limitBytes: mostBodyBytes });
    if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new MeridianError('UNSUPPORTED_MEDIA', { detail: String(request.headers['content-type'] ?? 'without Content-Type').slice(0, 100) });
    if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') return new MeridianError('MALFORMED_HTTP');
    return new MeridianError('INTERNAL', { reference: failed(error, knownOf(request).front.target.call) });
  }

  /** A GET without a query: nothing that a schema could find wrong. */
  function getAtOnce(request: IncomingMessage, response: ServerResponse, known: Known): void {
    const refuse = (error: unknown): void => respond(request, response, known, undefined, failure(error instanceof MeridianError ? error : new MeridianError('INTERNAL', { reference: failed(error, 'get') })));
    try {
      identify(known, request.headers.authorization);
      const done = get(node, { target: known.front.target, namespace: known.namespace as NamespaceFacts, user: known.user, traceId: known.traceId, query: noQuery, body: undefined, headers: request.headers, log: known.log });
      if (done instanceof Promise) done.then((late) => respond(request, response, known, getSpec, late)).catch(refuse);
      else respond(request, response, known, getSpec, done);
    } catch (error) {
      refuse(error);
    }
  }

  await app.ready();
  return (request, response, front) => {
    const known: Known = { front, traceId: front.traceId, user: '', namespace: undefined, log: {} };
    const { call, query } = front.target;
    if (call === 'get' && query === '') return getAtOnce(request, response, known);
    knownRequests.set(request, known);
    request.url = query === '' ? `/${call}` : `/${call}?${query}`;
    app.routing(request, response);
    return;
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
    const [issue] = result.error.issues;
    return { error: new Error(issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`) };
  };
}

const serializerOf = () => (data: unknown): string => JSON.stringify(data);
