import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { settle } from '../../test/runtime/manual-ports.ts';
import { recordSpans } from '../../test/runtime/recorded-spans.ts';
import { answerJson, scriptedServer, type Heard, type ScriptedServer } from '../../test/runtime/scripted-server.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { createKubeClient, type KubeClientOptions, type RequestRecord } from './client.ts';
import { loadCredentials } from './credentials.ts';
import { KubeError, type KubeObject, type ResourceType, type WatchEvent } from './port.ts';
import { createTransport } from './transport.ts';
import { resourceTypes } from './types.ts';
import { WritesStoppedError } from './write-gate.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function connected(answer: (request: Heard, response: ServerResponse) => void, more: Partial<KubeClientOptions> = {}) {
  const server: ScriptedServer = await scriptedServer(answer);
  const credentials = await loadCredentials({ env: { MERIDIAN_KUBE_URL: server.url }, clock: systemPorts.clock });
  const transport = createTransport({ credentials });
  opened.push(transport, server);
  const records: RequestRecord[] = [];
  return { server, records, kube: createKubeClient({ transport, ports: systemPorts, onRequest: (record) => records.push(record), ...more }) };
}

const { configMap, pod, cacheCluster, node } = resourceTypes;
const object = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', uid: 'u', resourceVersion: '7' } });
const status = (code: number, reason: string, more: object = {}) => ({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: `it is ${reason}`, ...more });

/** What `error` was thrown; fails when none was. */
const failure = async (work: Promise<unknown>): Promise<Error> => await work.then(() => expect.unreachable('it did not fail'), (error: Error) => error);

test('each operation is the request that the API server expects', async () => {
  const { server, kube } = await connected((request, response) => answerJson(response, 200, request.path.includes('?limit') ? { items: [] } : object('a')));
  await kube.get(configMap, 'default', 'a');
  await kube.list(configMap, { limit: 2, labelSelector: 'a in (b,c)', continue: 'x/=' });
  await kube.create(configMap, object('a'), { fieldManager: 'm' });
  await kube.replace(cacheCluster, object('a'), { subresource: 'status', dryRun: true });
  await kube.apply(configMap, object('a'), { fieldManager: 'm', force: true });
  await kube.patch(node, undefined, 'n', { spec: { unschedulable: null } });
  await kube.delete(configMap, 'default', 'a', { uid: 'u', resourceVersion: '7', propagationPolicy: 'Orphan', gracePeriodSeconds: 0, dryRun: true });
  await kube.evict('default', 'p', { uid: 'u' });
  expect(server.heard.map(({ method, path, headers }) => `${method} ${path} ${headers['content-type'] ?? '-'}`)).toEqual([
    'GET /api/v1/namespaces/default/configmaps/a -',
    'GET /api/v1/configmaps?labelSelector=a%20in%20(b%2Cc)&limit=2&continue=x%2F%3D -',
    'POST /api/v1/namespaces/default/configmaps?fieldManager=m application/json',
    'PUT /apis/meridiancache.io/v1alpha1/namespaces/default/cacheclusters/a/status?dryRun=All application/json',
    'PATCH /api/v1/namespaces/default/configmaps/a?fieldManager=m&force=true application/apply-patch+yaml',
    'PATCH /api/v1/nodes/n application/merge-patch+json',
    'DELETE /api/v1/namespaces/default/configmaps/a application/json',
    'POST /api/v1/namespaces/default/pods/p/eviction application/json',
  ]);
  expect(JSON.parse(server.heard[6].body)).toEqual({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'u', resourceVersion: '7' }, propagationPolicy: 'Orphan', gracePeriodSeconds: 0, dryRun: ['All'] });
  expect(JSON.parse(server.heard[7].body)).toEqual({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p', namespace: 'default' }, deleteOptions: { preconditions: { uid: 'u' } } });
});

test('nothing of an object is dropped or renamed on the way', async () => {
  const odd = { ...object('a'), spec: { ingress: [{ from: [{ podSelector: {} }] }], 'x-kubernetes-list-type': 'map', _from: 1, unknown: null } };
  const { server, kube } = await connected((request, response) => answerJson(response, 200, JSON.parse(request.body)));
  expect(await kube.create(configMap, odd)).toEqual(odd);
  expect(JSON.parse(server.heard[0].body)).toEqual(odd);
});

test('300 requests one after another do not open 300 connections', async () => {
  const { server, kube } = await connected((_, response) => answerJson(response, 200, object('a')));
  for (let i = 0; i < 300; i += 1) await kube.get(configMap, 'default', 'a');
  // The second is opened when a request is made before the parser has let the first one go.
  expect(server.connections).toBeLessThanOrEqual(2);
});

test('items of a list say what they are, and its version and token are kept', async () => {
  const { apiVersion: _, kind: __, ...item } = object('a');
  const { kube } = await connected((___, response) => answerJson(response, 200, { kind: 'ConfigMapList', metadata: { resourceVersion: '12', continue: 'next' }, items: [item] }));
  expect(await kube.list(configMap)).toEqual({ items: [object('a')], resourceVersion: '12', continue: 'next' });
});

test('a missing object is undefined; a missing type is an error', async () => {
  const { kube } = await connected((request, response) =>
    request.path.includes('cacheclusters') ? answerJson(response, 404, status(404, 'NotFound', { details: {} })) : answerJson(response, 404, status(404, 'NotFound', { details: { name: 'a', kind: 'configmaps' } })),
  );
  expect(await kube.get(configMap, 'default', 'a')).toBeUndefined();
  expect(await kube.delete(configMap, 'default', 'a')).toBe(false);
  expect(await failure(kube.get(cacheCluster, 'default', 'a'))).toMatchObject({ code: 404, reason: 'NotFound' });
  expect(await failure(kube.delete(cacheCluster, 'default', 'a'))).toMatchObject({ code: 404 });
  expect(await failure(kube.patch(configMap, 'default', 'a', {}))).toMatchObject({ code: 404 });
});

test('a Status becomes a typed error with its causes and its patience', async () => {
  const causes = [{ reason: 'FieldValueInvalid', field: 'spec.shards', message: 'must be positive' }];
  const { kube, records } = await connected((request, response) => {
    if (request.method === 'POST' && request.path.includes('eviction')) answerJson(response, 429, status(429, 'TooManyRequests', { details: { retryAfterSeconds: 10 } }));
    else if (request.method === 'POST') answerJson(response, 422, status(422, 'Invalid', { details: { causes } }));
    else answerJson(response, 503, { odd: true }, { 'retry-after': '3' });
  });
  const invalid = await failure(kube.create(configMap, object('a')));
  expect(invalid).toBeInstanceOf(KubeError);
  expect(invalid).toMatchObject({ code: 422, reason: 'Invalid', message: 'it is Invalid', causes });
  expect(await failure(kube.evict('default', 'p'))).toMatchObject({ code: 429, retryAfterSeconds: 10 });
  expect(await failure(kube.get(configMap, 'default', 'a'))).toMatchObject({ code: 503, reason: 'ServiceUnavailable', retryAfterSeconds: 3 });
  expect(records.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`)).toEqual(['create configmaps 422', 'evict pods/eviction 429', 'get configmaps 503']);
});

test('an answer that is not JSON, none at all and silence are errors that say what was asked', async () => {
  const { kube, records } = await connected(
    (request, response) => {
      if (request.path.endsWith('html')) response.writeHead(502).end('<h1>bad\n gateway</h1>');
      else if (request.path.endsWith('broken')) response.writeHead(200).end('{"metadata":');
      else if (request.path.endsWith('reset')) response.destroy();
    },
    { requestTimeoutMs: 100 },
  );
  expect(await failure(kube.get(configMap, 'default', 'html'))).toMatchObject({ code: 502, message: '<h1>bad gateway</h1>' });
  expect((await failure(kube.get(configMap, 'default', 'broken'))).message).toContain('not JSON');
  expect((await failure(kube.get(configMap, 'default', 'reset'))).message).toMatch(/^Kubernetes API: GET \/api\/v1\/namespaces\/default\/configmaps\/reset: /);
  expect((await failure(kube.get(configMap, 'default', 'silent'))).message).toContain('no answer within 100 ms');
  expect(records.map(({ code }) => code)).toEqual([502, 200, 'error', 'error']);
});

test('warnings of the server are passed on', async () => {
  const warnings: string[] = [];
  const { kube } = await connected((_, response) => answerJson(response, 200, object('a'), { warning: '299 - "unknown field \\"spec.x\\"", 299 - "old"' }), { onWarning: (text) => warnings.push(text) });
  await kube.create(configMap, object('a'));
  expect(warnings).toEqual(['unknown field "spec.x"', 'old']);
});

test('a closed gate lets reads pass and no write leave, and breaks off writes under way', async () => {
  let closed = undefined as string | undefined;
  const listeners = new Set<() => void>();
  const gate = { closed: () => closed, onClose: (listener: () => void) => (listeners.add(listener), () => void listeners.delete(listener)) };
  const silent: Heard[] = [];
  const { server, kube, records } = await connected((request, response) => (request.method === 'GET' ? answerJson(response, 200, object('a')) : void silent.push(request)), { gate });
  const underWay = failure(kube.patch(configMap, 'default', 'a', {}));
  while (silent.length === 0) await settle();
  closed = 'leadership was lost';
  for (const listener of listeners) listener();
  expect(await underWay).toBeInstanceOf(WritesStoppedError);
  expect(listeners.size).toBe(0);
  expect((await failure(kube.delete(configMap, 'default', 'a'))).message).toBe('writing is stopped: leadership was lost');
  await kube.get(configMap, 'default', 'a');
  expect(server.heard.map(({ method }) => method)).toEqual(['PATCH', 'GET']);
  expect(records.map(({ code }) => code)).toEqual(['stopped', 'stopped', 200]);
});

/** What a watch brings until it ends by itself. */
function watched(kube: Awaited<ReturnType<typeof connected>>['kube'], type: ResourceType = pod): Promise<{ events: WatchEvent[]; error?: Error }> {
  const events: WatchEvent[] = [];
  return new Promise((resolve) => {
    kube.watch(type, { resourceVersion: '5', timeoutSeconds: 9 }, { event: (event) => events.push(event), end: (error) => resolve({ events, error }) });
  });
}

const line = (type: string, body: unknown): string => `${JSON.stringify({ type, object: body })}\n`;

test('a watch turns lines into events however they are cut, and ends without error when the server ends it', async () => {
  const { server, kube } = await connected((_, response) => {
    const bytes = Buffer.from(line('ADDED', object('ä')) + line('BOOKMARK', { metadata: { resourceVersion: '9' } }) + line('DELETED', object('b')), 'utf8');
    response.writeHead(200);
    response.write(bytes.subarray(0, 70));
    setImmediate(() => response.end(bytes.subarray(70)));
  });
  const { events, error } = await watched(kube);
  expect(events).toEqual([{ type: 'ADDED', object: object('ä') }, { type: 'BOOKMARK', resourceVersion: '9' }, { type: 'DELETED', object: object('b') }]);
  expect(error).toBeUndefined();
  expect(server.heard[0].path).toBe('/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=9');
});

test('every way for a watch to break is an error that says which', async () => {
  const first = line('ADDED', object('a'));
  const ways: Record<string, (response: ServerResponse) => void> = {
    expired: (response) => response.writeHead(200).end(first + line('ERROR', status(410, 'Expired'))),
    'expired at once': (response) => answerJson(response, 410, status(410, 'Expired')),
    truncated: (response) => response.writeHead(200).end(first + first.slice(0, 40)),
    reset: (response) => void response.writeHead(200).write(first, () => response.destroy()),
    'not JSON': (response) => response.writeHead(200).end(`${first}{]\n`),
    'no object': (response) => response.writeHead(200).end(`${first}{"type":"ADDED"}\n`),
    'too long': (response) => response.writeHead(200).end(first + 'x'.repeat(5_000)),
    failing: (response) => answerJson(response, 500, status(500, 'InternalError')),
  };
  const seen: Record<string, string> = {};
  for (const [way, answer] of Object.entries(ways)) {
    const { kube } = await connected((_, response) => answer(response), { watch: { headersTimeoutMs: 1_000, mostLineBytes: 4_000 } });
    const { events, error } = await watched(kube);
    seen[way] = `${events.length} ${error instanceof KubeError ? error.code : error?.message.replace(/\d+/g, 'n')}`;
  }
  expect(seen).toEqual({
    expired: '1 410',
    'expired at once': '0 410',
    truncated: '1 the watch ended in the middle of an event, after n bytes of it',
    reset: expect.stringMatching(/^1 (terminated|other side closed|aborted)/),
    'not JSON': expect.stringMatching(/^1 .*JSON/),
    'no object': expect.stringMatching(/^1 a watch event without an object/),
    'too long': '0 a line is longer than n bytes',
    failing: '0 500',
  });
});

test('a stopped watch says nothing more and hangs up', async () => {
  const closed: Promise<void>[] = [];
  const { kube } = await connected((_, response) => {
    closed.push(new Promise((resolve) => response.on('close', resolve)));
    response.writeHead(200).write(line('ADDED', object('a')));
  });
  const said: string[] = [];
  await new Promise<void>((resolve) => {
    const stop = kube.watch(pod, { resourceVersion: '5' }, { event: () => (said.push('event'), queueMicrotask(() => (stop(), resolve()))), end: () => said.push('end') });
  });
  await closed[0];
  await settle();
  expect(said).toEqual(['event']);
});

test('each request is a span with its path and code', async () => {
  const { spans, stop } = recordSpans();
  const { kube } = await connected((request, response) => (request.method === 'GET' ? answerJson(response, 200, object('a')) : answerJson(response, 409, status(409, 'Conflict'))));
  await kube.get(configMap, 'default', 'a');
  await failure(kube.patch(configMap, 'default', 'a', {}));
  stop();
  const path = '/api/v1/namespaces/default/configmaps/a';
  expect(spans).toEqual([
    { name: 'kubernetes get', attributes: { 'url.path': path, 'http.request.method': 'GET', 'http.response.status_code': 200 }, failed: false, ended: true },
    { name: 'kubernetes patch', attributes: { 'url.path': path, 'http.request.method': 'PATCH', 'http.response.status_code': 409 }, failed: true, ended: true },
  ]);
});
