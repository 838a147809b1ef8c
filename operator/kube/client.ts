import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { HttpAnswer, HttpRequest } from '../../shared/io/http-client.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { collectionPath, listQuery, objectPath, query } from './paths.ts';
import { KubeError, type DeleteOptions, type KubeObject, type KubePort, type ResourceType, type WriteOptions } from './port.ts';
import { createRequestLimit, defaultLimits, type RequestLimits } from './request-limit.ts';
import { errorOfAnswer, isMissingObject } from './status.ts';
import type { KubeTransport } from './transport.ts';
import { runWatch, type WatchTiming } from './watch.ts';
import { WritesStoppedError, type WriteGate } from './write-gate.ts';

export interface KubeClientOptions {
  readonly transport: KubeTransport;
  readonly ports: Ports;
  /** Of this client; several clients (leader election) may share one transport. */
  readonly limits?: RequestLimits;
  /** Writes leave only while it is open. Absent: always. */
  readonly gate?: WriteGate;
  readonly onRequest?: (request: RequestRecord) => void;
  /** Text of a Warning header (deprecated or unknown fields). */
  readonly onWarning?: (text: string) => void;
  readonly requestTimeoutMs?: number;
  readonly watch?: WatchTiming;
}

export interface RequestRecord {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'apply' | 'patch' | 'delete' | 'evict';
  /** `plural.group`, with `/subresource` where there is one. */
  readonly resource: string;
  /** HTTP status, or why there was none. */
  readonly code: number | 'error' | 'stopped';
  readonly seconds: number;
}

type Call = Omit<HttpRequest, 'signal' | 'headers'> & { readonly headers?: HttpRequest['headers']; readonly verb: RequestRecord['verb']; readonly resource: string };

/** The API server asks for a minute of patience at most for what is not a watch. */
const defaultRequestTimeoutMs = 30_000;

const jsonHeaders = { accept: 'application/json' };

/** KubePort over a real API server: plain JSON both ways, nothing dropped or renamed. */
export function createKubeClient(options: KubeClientOptions): KubePort {
  const call = createCaller(options);
  const sendBody = async (verb: Call['verb'], method: HttpRequest['method'], type: ResourceType, path: string, contentType: string, body: unknown, subresource?: string): Promise<KubeObject> => {
    const answer = await call({ verb, method, path, resource: resourceName(type, subresource), headers: { 'content-type': contentType }, body: JSON.stringify(body) });
    return objectOf(answer);
  };
  return {
    async get(type, namespace, name) {
      const answer = await call({ verb: 'get', method: 'GET', path: objectPath(type, namespace, name), resource: resourceName(type) }, isMissing);
      return answer && objectOf(answer);
    },
    async list(type, list = {}) {
      const answer = await call({ verb: 'list', method: 'GET', path: collectionPath(type, list.namespace) + listQuery(list), resource: resourceName(type) });
      const body = parsed<ListBody>(answer);
      return {
        // Items of a list come without what the list says already.
        items: (body.items ?? []).map((item) => ({ ...typed(type), ...item })),
        resourceVersion: body.metadata?.resourceVersion ?? '',
        ...(body.metadata?.continue ? { continue: body.metadata.continue } : {}),
      };
    },
    watch: (type, watch, sink) => runWatch({ ...options, resource: resourceName(type) }, type, watch, sink),
    create: (type, object, write) => sendBody('create', 'POST', type, collectionPath(type, namespaceFor(type, object)) + writeQuery(write), json, object),
    replace: (type, object, write) => sendBody('update', 'PUT', type, pathOf(type, object, write) + writeQuery(write), json, object, write?.subresource),
    apply: (type, object, write) => sendBody('apply', 'PATCH', type, pathOf(type, object, write) + writeQuery(write, write.force), 'application/apply-patch+yaml', object, write.subresource),
    patch: (type, namespace, name, patch, write) => sendBody('patch', 'PATCH', type, objectPath(type, namespace, name, write?.subresource) + writeQuery(write), 'application/merge-patch+json', patch, write?.subresource),
    async delete(type, namespace, name, remove = {}) {
      const body = JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...deleteBody(remove), ...(remove.dryRun ? { dryRun: ['All'] } : {}) });
      const answer = await call({ verb: 'delete', method: 'DELETE', path: objectPath(type, namespace, name), resource: resourceName(type), headers: { 'content-type': json }, body }, isMissing);
      return answer !== undefined;
    },
    async evict(namespace, pod, remove = {}) {
      const body = JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace }, deleteOptions: { ...deleteBody(remove), ...(remove.dryRun ? { dryRun: ['All'] } : {}) } });
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/eviction`;
      await call({ verb: 'evict', method: 'POST', path, resource: 'pods/eviction', headers: { 'content-type': json }, body });
    },
  };
}

const json = 'application/json';

interface ListBody {
  readonly items?: KubeObject[] | null;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

interface Caller {
  (call: Call): Promise<HttpAnswer>;
  /** Undefined for an answer that `absent` recognises. */
  (call: Call, absent: (answer: HttpAnswer) => boolean): Promise<HttpAnswer | undefined>;
}

/** Sends one request: limit, gate, time-out, span, record, and the error of an answer that is not 2xx. */
function createCaller(options: KubeClientOptions): Caller {
  const { transport, ports, gate, onRequest } = options;
  const { clock, timers } = ports;
  const limit = createRequestLimit(ports, options.limits ?? defaultLimits);
  const timeoutMs = options.requestTimeoutMs ?? defaultRequestTimeoutMs;
  const tracer = trace.getTracer('meridian');

  const send = async (call: Call): Promise<HttpAnswer> => {
    const writes = call.method !== 'GET';
    const abort = new AbortController();
    const leave = await limit.enter();
    const why = writes ? gate?.closed() : undefined;
    if (why !== undefined) {
      leave();
      throw new WritesStoppedError(why);
    }
    const timer = timers.after(timeoutMs, () => abort.abort(new Error(`no answer within ${timeoutMs} ms`)));
    const listening = writes ? gate?.onClose(() => abort.abort(new WritesStoppedError(gate.closed() ?? 'the gate closed'))) : undefined;
    try {
      return await transport.request({ method: call.method, path: call.path, body: call.body, headers: { ...jsonHeaders, ...call.headers }, signal: abort.signal });
    } catch (error) {
      const cause: unknown = abort.signal.aborted ? abort.signal.reason : error;
      if (cause instanceof WritesStoppedError) throw cause;
      throw new MeridianError('KUBE_REQUEST', { detail: `${call.method} ${call.path}: ${wordsOf(cause)}` }, { cause });
    } finally {
      timers.cancel(timer);
      listening?.();
      leave();
    }
  };

  const caller = async (call: Call, absent?: (answer: HttpAnswer) => boolean): Promise<HttpAnswer | undefined> => {
    const startedMs = clock.monotonicMs();
    const span = tracer.startSpan(`kubernetes ${call.verb}`, { kind: SpanKind.CLIENT, attributes: { 'url.path': call.path, 'http.request.method': call.method } });
    let code: RequestRecord['code'] = 'error';
    try {
      const answer = await send(call);
      code = answer.status;
      span.setAttribute('http.response.status_code', code);
      warn(answer, options.onWarning);
      if (code >= 200 && code < 300) return answer;
      if (absent?.(answer)) return undefined;
      throw errorOfAnswer(code, answer.body.toString('utf8'), answer.headers['retry-after']);
    } catch (error) {
      if (error instanceof WritesStoppedError) code = 'stopped';
      span.setStatus({ code: SpanStatusCode.ERROR, message: wordsOf(error) });
      throw error;
    } finally {
      span.end();
      onRequest?.({ verb: call.verb, resource: call.resource, code, seconds: (clock.monotonicMs() - startedMs) / 1000 });
    }
  };
  return caller as Caller;
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));

const isMissing = (answer: HttpAnswer): boolean => answer.status === 404 && isMissingObject(answer.body.toString('utf8'));

function parsed<T>(answer: HttpAnswer): T {
  try {
    return JSON.parse(answer.body.toString('utf8')) as T;
  } catch (cause) {
    throw new MeridianError('KUBE_REQUEST', { detail: `the answer is not JSON (${wordsOf(cause)})` }, { cause });
  }
}

function objectOf(answer: HttpAnswer): KubeObject {
  const object = parsed<KubeObject | null>(answer);
  if (!object?.metadata) throw new MeridianError('KUBE_REQUEST', { detail: 'the answer is not an object of Kubernetes' });
  return object;
}

const typed = (type: ResourceType): { apiVersion: string; kind: string } => ({ apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`, kind: type.kind });

const resourceName = (type: ResourceType, subresource?: string): string => `${type.plural}${type.group === '' ? '' : `.${type.group}`}${subresource ? `/${subresource}` : ''}`;

function namespaceFor(type: ResourceType, { metadata }: KubeObject): string | undefined {
  if (type.namespaced && !metadata.namespace) throw new KubeError(400, 'BadRequest', `${type.kind} "${metadata.name}" needs a namespace`);
  return metadata.namespace;
}

const pathOf = (type: ResourceType, object: KubeObject, write?: WriteOptions): string => objectPath(type, namespaceFor(type, object), object.metadata.name, write?.subresource);

const writeQuery = (write: WriteOptions = {}, force?: boolean): string => query({ fieldManager: write.fieldManager, force, dryRun: write.dryRun ? 'All' : undefined });

function deleteBody({ uid, resourceVersion, propagationPolicy, gracePeriodSeconds }: DeleteOptions): Record<string, unknown> {
  const preconditions = uid || resourceVersion ? { preconditions: { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) } } : {};
  return { ...preconditions, ...(propagationPolicy ? { propagationPolicy } : {}), ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }) };
}

/** `299 - "text"`, several of them divided by commas. */
function warn(answer: HttpAnswer, onWarning: KubeClientOptions['onWarning']): void {
  const header = answer.headers.warning;
  if (!onWarning || header === undefined) return;
  for (const [, text] of String(header).matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)) onWarning(text.replace(/\\(.)/g, '$1'));
}
