import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemPorts } from '../../../shared/ports/system.ts';
import { type LocalKube, startLocalKube } from '../local-kube.ts';
import { type KubeServer, serveKube } from './serve.ts';

let kube: LocalKube;
let server: KubeServer;

beforeAll(async () => {
  kube = startLocalKube({ ports: systemPorts });
  server = await serveKube(kube.api, { port: 0 });
});

afterAll(async () => {
  await server.close();
  await kube.stop();
});

interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const send = (method: string, path: string, more: { readonly headers?: Record<string, string>; readonly body?: string | Buffer } = {}): Promise<Heard> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, method, path, headers: more.headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    sent.on('error', reject);
    sent.end(more.body);
  });

const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const json = { 'content-type': 'application/json' };

describe('the served API', () => {
  it.each(['127.0.0.1', 'localhost', 'localhost:7300', '[::1]:7300', '127.0.0.1:1'])('answers the host %s', async (host) => {
    expect((await send('GET', '/version', { headers: { host } })).status).toBe(200);
  });

  it.each(['example.com', 'localhost.example.com', '127.0.0.1.example.com', '127.0.0.1:7300.example.com', '10.0.0.1', '[::2]'])('refuses the host %j', async (host) => {
    const { status, body } = await send('GET', '/api/v1/namespaces', { headers: { host } });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ kind: 'Status', reason: 'Forbidden' });
  });

  it('answers broken bodies with a Status', async () => {
    const { status, body } = await send('POST', leases, { headers: json, body: '{"metadata": ' });
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'BadRequest', code: 400 });
    for (const odd of ['[]', '1', 'null', '"x"']) expect((await send('POST', leases, { headers: json, body: odd })).status).toBe(400);
    expect((await send('POST', leases, { headers: json, body: '{"metadata": 3}' })).status).toBe(400);
    expect((await send('POST', leases, { headers: { 'content-type': 'application/vnd.kubernetes.protobuf' }, body: Buffer.from('k8s\0\x0a\xff') })).status).toBe(400);
  });

  it('reads no more than 3 MB', async () => {
    const answer = await send('POST', leases, { headers: json, body: Buffer.alloc(4 << 20, 0x20) });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({ reason: 'RequestEntityTooLarge' });
  });

  it('says what there is not', async () => {
    for (const path of ['/apis/nothing.io/v1/things', '/api/v1/nothing', '/nothing', '/apis/coordination.k8s.io/v2/leases', '/api/v1/namespaces/%E0%A4%A']) {
      const { status, body } = await send('GET', path);
      expect([path, status, (JSON.parse(body) as { message: string }).message]).toEqual([path, 404, 'the server could not find the requested resource']);
    }
    expect(JSON.parse((await send('GET', `${leases}/x`)).body)).toMatchObject({ message: 'leases.coordination.k8s.io "x" not found', details: { name: 'x', group: 'coordination.k8s.io', kind: 'leases' } });
    expect((await send('OPTIONS', leases)).status).toBe(405);
  });

  it('keeps a Lease by compare-and-swap', async () => {
    const lease = { metadata: { name: 'l' }, spec: { holderIdentity: 'a' } };
    const made = await send('POST', leases, { headers: json, body: JSON.stringify(lease) });
    expect(made.status).toBe(201);
    const stored = JSON.parse(made.body) as { metadata: { resourceVersion: string }; spec: object };
    const next = JSON.stringify({ ...stored, spec: { holderIdentity: 'b' } });
    expect((await send('PUT', `${leases}/l`, { headers: json, body: next })).status).toBe(200);
    expect((await send('PUT', `${leases}/l`, { headers: json, body: next })).status).toBe(409);
  });

  it('discovers in one answer or group by group', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const whole = await send('GET', '/apis', { headers: { accept } });
    expect(whole.headers['content-type']).toContain('as=APIGroupDiscoveryList');
    const { items } = JSON.parse(whole.body) as { items: { metadata: { name: string } }[] };
    const { groups } = JSON.parse((await send('GET', '/apis')).body) as { groups: { name: string }[] };
    expect(items.map(({ metadata }) => metadata.name)).toEqual(groups.map(({ name }) => name));
    for (const { name } of groups) expect((await send('GET', `/apis/${name}`)).status).toBe(200);
    const { resources } = JSON.parse((await send('GET', '/apis/meridiancache.io/v1alpha1')).body) as { resources: { name: string }[] };
    expect(resources.map(({ name }) => name)).toEqual(expect.arrayContaining(['cacheclusters', 'cacheclusters/status', 'cacheclusters/scale']));
  });
});
