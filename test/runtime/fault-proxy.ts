import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as upstreamRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** What becomes of one exchange; bytes are counted in the answer's body. */
export type Fault =
  | { readonly kind: 'status'; readonly code: number }
  /** The connection breaks. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** The answer ends early, but in good order: JSON that stops in the middle. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** Half-open: the connection stays, and nothing comes any more. 0 bytes: not even a head. */
  | { readonly kind: 'silence'; readonly afterBytes: number }
  | { readonly kind: 'delay'; readonly ms: number };

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly isWatch: boolean;
}

export interface FaultProxy {
  readonly url: string;
  /** Asked for every request; undefined lets it pass. */
  decide: (request: ProxiedRequest) => Fault | undefined;
  /** Nothing passes any more in either direction, and nothing is closed; writes that were already forwarded stay so. */
  freeze(): void;
  thaw(): void;
  resetAll(): void;
  /** Faults done so far, by kind. */
  readonly done: Readonly<Record<Fault['kind'], number>>;
  close(): Promise<void>;
}

export interface Upstream {
  readonly url: string;
  readonly ca: string;
  readonly adminToken: string;
}

/** Plain HTTP on loopback in front of an API server (as its administrator), with faults on demand. */
export async function startFaultProxy(upstream: Upstream): Promise<FaultProxy> {
  const agent = new Agent({ ca: upstream.ca, keepAlive: true });
  const sockets = new Set<Socket>();
  const done: Record<Fault['kind'], number> = { status: 0, reset: 0, truncate: 0, silence: 0, delay: 0 };
  let frozen = false;
  const proxy = { decide: (_request: ProxiedRequest): Fault | undefined => undefined };
  const isFrozen = (): boolean => frozen;

  const server = createServer((request, response) => {
    if (frozen) return;
    const fault = proxy.decide({ method: request.method ?? '', path: request.url ?? '', isWatch: request.url?.includes('watch=true') === true });
    if (fault) done[fault.kind] += 1;
    if (fault?.kind === 'status') return refuse(response, fault.code);
    if (fault?.kind === 'silence' && fault.afterBytes === 0) return;
    if (fault?.kind === 'reset' && fault.afterBytes === 0) return void request.socket.resetAndDestroy();
    const pass = (): void => {
      if (!frozen && !request.destroyed) forward(upstream, agent, request, response, fault, isFrozen);
    };
    if (fault?.kind === 'delay') setTimeout(pass, fault.ms);
    else pass();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    done,
    freeze: () => void (frozen = true),
    thaw: () => void (frozen = false),
    resetAll() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
        agent.destroy();
      }),
  });
}

function refuse(response: ServerResponse, code: number): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason: 'InternalError', message: 'injected' }));
}

function forward({ url, adminToken }: Upstream, agent: Agent, request: IncomingMessage, response: ServerResponse, fault: Fault | undefined, isFrozen: () => boolean): void {
  const headers = { ...request.headers, host: new URL(url).host, authorization: `Bearer ${adminToken}` };
  const up = upstreamRequest(`${url}${request.url}`, { agent, method: request.method, headers }, (answer) => {
    if (isFrozen()) return;
    response.writeHead(answer.statusCode ?? 502, withoutLength(answer.headers));
    response.flushHeaders();
    relay(answer, response, fault, isFrozen);
  });
  up.on('error', () => {
    if (!isFrozen()) response.destroy();
  });
  response.on('close', () => up.destroy());
  request.pipe(up);
}

function relay(answer: IncomingMessage, response: ServerResponse, fault: Fault | undefined, isFrozen: () => boolean): void {
  const limit = fault && 'afterBytes' in fault ? fault.afterBytes : Infinity;
  let passed = 0;
  answer.on('data', (chunk: Buffer) => {
    if (isFrozen() || passed >= limit) return;
    const part = chunk.subarray(0, limit - passed);
    passed += part.length;
    response.write(part);
    if (passed < limit) return;
    if (fault?.kind === 'reset') response.socket?.resetAndDestroy();
    else if (fault?.kind === 'truncate') response.end();
  });
  answer.on('end', () => {
    if (!isFrozen() && !(fault?.kind === 'silence' && passed >= limit)) response.end();
  });
  answer.on('error', () => {
    if (!isFrozen()) response.destroy();
  });
}

/** Lengths would turn every truncation into a broken connection; chunks let it end in good order. */
function withoutLength(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  const { 'content-length': _, connection: __, ...rest } = headers;
  return rest;
}
