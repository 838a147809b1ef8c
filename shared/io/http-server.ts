import type { createServer as CreateServer, IncomingMessage, ServerResponse } from 'node:http';

/** What a small HTTP endpoint (health, probes, metrics) needs to know of a request. */
export interface PlainRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface PlainAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PlainServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers every request from `answer`, which must not throw; request bodies are not read. Rejects with the system's error when it cannot listen. */
export function listenPlainHttp(host: string, port: number, answer: (request: PlainRequest) => PlainAnswer | Promise<PlainAnswer>): Promise<PlainServer> {
  // The module's ES namespace would load Node's whole fetch and WebSocket implementation (8 MB) for its lazy exports.
  const { createServer } = process.getBuiltinModule('node:http') as { createServer: typeof CreateServer };
  const server = createServer({ keepAliveTimeout: 5_000, headersTimeout: 10_000, requestTimeout: 10_000, maxHeaderSize: 16 * 1024 }, (request: IncomingMessage, response: ServerResponse) => {
    const respond = ({ status, contentType, body, headers }: PlainAnswer): void => {
      response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body), ...headers });
      response.end(request.method === 'HEAD' ? undefined : body);
      if (!request.complete) request.resume();
    };
    const answered = answer({ method: request.method ?? 'GET', path: (request.url ?? '/').split('?')[0], headers: request.headers });
    if (answered instanceof Promise) void answered.then(respond, () => response.destroy());
    else respond(answered);
  });
  server.maxConnections = 1_024;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      server.on('error', () => undefined);
      resolve({
        port: (server.address() as { port: number }).port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}
