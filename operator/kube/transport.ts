import { createHttpClient, type HttpAnswer, type HttpClient, type HttpRequest, type HttpStream, type TlsMaterial } from '../../shared/io/http-client.ts';
import type { KubeCredentials } from './credentials.ts';

/** Authenticated requests to one API server over one shared pool of connections. */
export interface KubeTransport {
  /** Without scheme and host. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  stream(request: HttpRequest): Promise<HttpStream>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly credentials: KubeCredentials;
  readonly userAgent?: string;
  readonly connectTimeoutMs?: number;
}

/** Lists come by pages and objects are at most 3 MiB, so longer answers are not the API server's. */
const mostAnswerBytes = 256 * 1024 * 1024;

export function createTransport({ credentials, userAgent = 'meridian', connectTimeoutMs }: TransportOptions): KubeTransport {
  const { origin, pathname } = new URL(credentials.server);
  const prefix = pathname.replace(/\/$/, '');
  let pool: { readonly tls: string; readonly http: HttpClient } | undefined;
  let closed = false;

  /** Certificates that were rotated get a new pool; what runs over the old one may end there. */
  const poolFor = (tls: TlsMaterial): HttpClient => {
    if (closed) throw new Error('the connection to the API server was closed');
    const key = JSON.stringify(tls);
    if (pool?.tls === key) return pool.http;
    void pool?.http.retire();
    pool = { tls: key, http: createHttpClient({ origin, tls, connectTimeoutMs }) };
    return pool.http;
  };
  const prepared = async (request: HttpRequest): Promise<{ readonly http: HttpClient; readonly request: HttpRequest }> => {
    const { headers, tls } = await credentials.current();
    return { http: poolFor(tls), request: { ...request, path: prefix + request.path, headers: { 'user-agent': userAgent, ...headers, ...request.headers } } };
  };
  return {
    async request(request) {
      const first = await prepared(request);
      const answer = await first.http.request(first.request, mostAnswerBytes);
      if (answer.status !== 401) return answer;
      credentials.reject();
      const second = await prepared(request);
      return await second.http.request(second.request, mostAnswerBytes);
    },
    async stream(request) {
      const { http, request: ready } = await prepared(request);
      const stream = await http.stream(ready);
      if (stream.status === 401) credentials.reject();
      return stream;
    },
    async close() {
      closed = true;
      await pool?.http.close();
    },
  };
}
