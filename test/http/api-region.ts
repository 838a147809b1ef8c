import { z } from 'zod';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from '../node/region-of-processes.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON. */
  readonly body: Record<string, unknown>;
  readonly text: string;
}

export interface ApiRegion {
  readonly region: ProcessRegion;
  readonly nodes: readonly NodeProcess[];
  /** Asks a node (the first, unless another is named); a body that is no Buffer goes as JSON. Every JSON answer is checked against the served OpenAPI document. */
  ask(method: string, path: string, body?: unknown, options?: { readonly node?: number; readonly headers?: Readonly<Record<string, string>> }): Promise<ApiAnswer>;
  url(node?: number): string;
  close(): Promise<void>;
}

const mostTries = 100;

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, { readonly content?: { readonly 'application/json'?: { readonly schema: object } } }>> }>>>>;
}

export interface ApiRegionOptions {
  /** Of a user who may see the topology; present: with auth. */
  readonly token?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** 503 and 504 are what the test is about; otherwise they are asked again: on a busy machine nodes may take each other for lost for a moment. */
  readonly impatient?: true;
}

/** One node a shard, all of them known to each other. */
export async function startApiRegion(shards: number, prepare?: (region: ProcessRegion) => ApiRegionOptions): Promise<ApiRegion> {
  const region = await startRegion({ shards });
  const options = prepare?.(region);
  const nodes = await Promise.all(Array.from({ length: shards }, (_, shard) => region.start(shard, 0, { authEnabled: options?.token !== undefined, env: options?.env })));
  await Promise.all(nodes.map((node) => eventually(() => node.admin.status(), (status) => status.notServing === undefined)));
  const url = (node = 0): string => `http://127.0.0.1:${nodes[node].ports.http}`;
  const known = async (node: number): Promise<boolean> => (await fetch(`${url(node)}/health`)).status === 200;
  await Promise.all(nodes.map((_, node) => eventually(() => known(node), Boolean)));
  // Gossip has told every node of every primary.
  const metrics = async (node: NodeProcess): Promise<string> => (await fetch(`http://127.0.0.1:${node.ports.metrics}/metrics`)).text();
  await Promise.all(nodes.map((node) => eventually(() => metrics(node), (text) => text.includes(`state="alive"} ${shards}\n`))));
  const api = (await (await fetch(`${url()}/api/v1/openapi.json`)).json()) as OpenApi;

  async function ask(method: string, path: string, body?: unknown, where: { readonly node?: number; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<ApiAnswer> {
    const again = ({ status }: ApiAnswer): boolean => options?.impatient !== true && (status === 503 || status === 504);
    let answer = await askOnce(method, path, body, where);
    for (let tries = 0; tries < mostTries && again(answer); tries++) answer = await askOnce(method, path, body, where);
    return answer;
  }

  async function askOnce(method: string, path: string, body: unknown, { node = 0, headers = {} }: { readonly node?: number; readonly headers?: Readonly<Record<string, string>> }): Promise<ApiAnswer> {
    const typed = body === undefined || 'content-type' in headers ? headers : { 'content-type': 'application/json', ...headers };
    const answer = await fetch(`${url(node)}/api/v1${path}`, { method, headers: typed, body: body === undefined ? undefined : Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body) });
    const text = await answer.text();
    const json = answer.headers.get('content-type')?.startsWith('application/json') === true && text !== '';
    const parsed = json ? (JSON.parse(text) as Record<string, unknown>) : {};
    if (json) checkAnswer(api, method, path, answer.status, parsed);
    return { status: answer.status, headers: answer.headers, text, body: parsed };
  }

  await Promise.all(nodes.map((_, node) => eventually(() => ask('GET', '/cache/topology', undefined, { node, headers: options?.token === undefined ? {} : { authorization: `Bearer ${options.token}` } }), ({ body }) => body.complete === true)));
  return { region, nodes, ask, url, close: () => region.close() };
}

/** Throws when the answer is not what the OpenAPI document says of its call and status. */
function checkAnswer(api: OpenApi, method: string, path: string, status: number, body: unknown): void {
  const template = templateOf(method, path);
  const operation = api.paths[template]?.[method.toLowerCase()];
  if (operation === undefined) return;
  const schema = operation.responses[status]?.content?.['application/json']?.schema;
  if (schema === undefined) throw new Error(`${method} ${template} answered ${status}, which its document does not know: ${JSON.stringify(body)}`);
  z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).parse(body);
}

function templateOf(method: string, path: string): string {
  const [, first, namespace, rest] = /^\/([^/?]+)\/([^/?]+)(?:\/([^?]+))?/.exec(path) ?? [];
  if (first !== 'cache') return `/api/v1${path.split('?')[0]}`;
  if (namespace === 'topology' && rest === undefined) return '/api/v1/cache/topology';
  if (rest === undefined) return '/api/v1/cache/{namespace}';
  const special = (method === 'POST' && ['mget', 'mset', 'invalidate'].includes(rest)) || (method === 'GET' && rest === 'stats');
  return `/api/v1/cache/{namespace}/${special ? rest : '{key}'}`;
}
