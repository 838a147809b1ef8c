import { Agent, type Dispatcher } from 'undici';

/** PEM texts and names for a TLS connection; absent fields keep Node's defaults. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, as they go over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** Until the answer's head is there; the default is the dispatcher's. */
  readonly headersTimeoutMs?: number;
}

export interface HttpHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface HttpAnswer extends HttpHead {
  readonly body: Buffer;
}

export interface HttpStream extends HttpHead {
  /** Yields what arrives; throws when the connection breaks before the answer's end. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface HttpClient {
  /** The whole answer; an error when it is longer than `mostBytes`. */
  request(request: HttpRequest, mostBytes: number): Promise<HttpAnswer>;
  /** The answer as it comes; it may be silent for any time. */
  stream(request: HttpRequest): Promise<HttpStream>;
  /** Takes nothing new; what is under way may end. */
  retire(): Promise<void>;
  /** Breaks everything under way. */
  close(): Promise<void>;
}

export interface HttpClientOptions {
  /** `https://host:port`, no path. */
  readonly origin: string;
  readonly tls?: TlsMaterial;
  readonly connectTimeoutMs?: number;
  readonly keepAliveMs?: number;
}

/** Requests to one server over one shared pool of connections. */
export function createHttpClient({ origin, tls = {}, connectTimeoutMs = 10_000, keepAliveMs = 30_000 }: HttpClientOptions): HttpClient {
  const agent = new Agent({
    // Over HTTP/2 (Node 26.10, undici 8.12) a write that is aborted half-way sends the process into a native loop that eats all memory.
    allowH2: false,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    connect: { ...tls, timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: 15_000 },
  });
  const send = (request: HttpRequest): Promise<Dispatcher.ResponseData> =>
    agent.request({
      origin,
      path: request.path,
      method: request.method,
      headers: { ...request.headers },
      body: request.body ?? null,
      signal: request.signal,
      headersTimeout: request.headersTimeoutMs,
      bodyTimeout: 0,
    });
  return {
    async request(request, mostBytes) {
      const { statusCode, headers, body } = await send(request);
      const parts: Buffer[] = [];
      let length = 0;
      for await (const part of body as AsyncIterable<Buffer>) {
        length += part.length;
        // Leaving the loop destroys the body, and with it the connection.
        if (length > mostBytes) throw new Error(`the answer is longer than ${mostBytes} bytes`);
        parts.push(part);
      }
      return { status: statusCode, headers, body: parts.length === 1 ? parts[0] : Buffer.concat(parts, length) };
    },
    async stream(request) {
      const { statusCode, headers, body } = await send(request);
      return { status: statusCode, headers, chunks: body as AsyncIterable<Uint8Array> };
    },
    retire: () => agent.close(),
    close: () => agent.destroy(),
  };
}
