import type { IncomingMessage, request as HttpRequestFunction } from 'node:http';
import { readFileSync } from 'node:fs';
import type { InClusterFiles } from '../kube/service-account.ts';

/** An answer of the API server, whatever its status. */
export interface KubeAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface KubeRequester {
  /** Rejects when no whole answer came in time: the request may have been carried out or not. */
  send(method: 'GET' | 'PUT', path: string, body?: unknown): Promise<KubeAnswer>;
}

const maxAnswerBytes = 4 * 1024 * 1024;

/**
 * The few requests that a node makes, without a connection pool: there are none in steady state. The token is read for each
 * request, since the kubelet replaces it.
 */
export function kubeRequester(files: InClusterFiles, timeoutMs: number): KubeRequester {
  const url = new URL(files.server);
  // The module's ES namespace would load Node's whole fetch and WebSocket implementation (8 MB) for its lazy exports.
  const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http') as { request: typeof HttpRequestFunction };
  const ca = files.caFile === undefined ? undefined : readFileSync(files.caFile, 'utf8');
  return {
    send: (method, path, body) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : JSON.stringify(body);
        const headers = {
          accept: 'application/json',
          ...(files.tokenFile === undefined ? {} : { authorization: `Bearer ${readFileSync(files.tokenFile, 'utf8').trim()}` }),
          ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        };
        const sent = request({ method, host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port, path, headers, agent: false, signal: AbortSignal.timeout(timeoutMs), ...(ca === undefined ? {} : { ca }) }, (answer) => {
          collect(answer).then(resolve, reject);
        });
        sent.once('error', reject);
        sent.end(text);
      }),
  };
}

async function collect(answer: IncomingMessage): Promise<KubeAnswer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxAnswerBytes) throw new Error('the answer of the API server is too long');
    parts.push(part);
  }
  return { status: answer.statusCode ?? 0, body: JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown };
}
