import { Agent, request } from 'node:http';

export interface ApiReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Record<string, unknown>;
  readonly milliseconds: number;
}

/** The HTTP API of a cache, as its users call it. */
export interface ApiClient {
  readonly url: string;
  /** `path` begins behind the namespace: `/key`, `/mget`, `?pattern=…`. Rejects when there is no answer. */
  ask(method: string, path: string, body?: unknown, timeoutMs?: number): Promise<ApiReply>;
  health(): Promise<ApiReply>;
  /** The same cache by another address. */
  at(url: string): ApiClient;
  close(): void;
}

const usualTimeoutMs = 30_000;

export function createApiClient(url: string, namespace: string, token: string | undefined): ApiClient {
  const base = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };

  function send(method: string, path: string, body: unknown, timeoutMs: number): Promise<ApiReply> {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = bytes === undefined ? authorization : { ...authorization, 'content-type': 'application/json', 'content-length': String(bytes.length) };
    const begin = performance.now();
    return new Promise((resolve, reject) => {
      const asked = request({ host: base.hostname, port: base.port, method, path, headers, agent, signal: AbortSignal.timeout(timeoutMs) }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.on('end', () => {
          const milliseconds = performance.now() - begin;
          const text = Buffer.concat(chunks).toString();
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}, milliseconds });
        });
      });
      asked.once('error', reject);
      asked.end(bytes);
    });
  }

  return {
    url,
    ask: (method, path, body, timeoutMs = usualTimeoutMs) => send(method, `/api/v1/cache/${namespace}${path}`, body, timeoutMs),
    health: () => send('GET', '/health', undefined, usualTimeoutMs),
    at: (other) => createApiClient(other, namespace, token),
    close: () => agent.destroy(),
  };
}
