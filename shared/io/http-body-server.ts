import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BodyRequest {
  readonly method: string;
  /** Path and query, as they came over the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export type HttpHeaders = Readonly<Record<string, string>>;

export interface Responder {
  send(status: number, headers: HttpHeaders, body: string): void;
  /** An answer that goes on: chunks are sent as they are written. `closed` is called once, when the client is gone or `end` was called. */
  stream(status: number, headers: HttpHeaders, closed: () => void): { write(chunk: string): void; end(): void };
}

export interface BodyServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly mostBodyBytes: number;
  /** Must answer, and must not throw. */
  readonly answer: (request: BodyRequest, responder: Responder) => void;
  /** For a body that is too long; the connection is closed afterwards. */
  readonly tooLong: (responder: Responder) => void;
}

export interface BodyServer {
  readonly port: number;
  close(): Promise<void>;
}

const idleMs = 120_000;
/** A client that does not read a stream is cut off beyond this. */
const mostUnsentBytes = 64 << 20;

/** An HTTP server that reads bounded bodies and may stream answers. Rejects with the system's error when it cannot listen. */
export function listenWithBodies({ host, port, mostBodyBytes, answer, tooLong }: BodyServerOptions): Promise<BodyServer> {
  const server = createServer({ keepAliveTimeout: idleMs, headersTimeout: 10_000, requestTimeout: 60_000, maxHeaderSize: 64 * 1024 }, (request, response) => {
    const responder = responderOf(response, request.method === 'HEAD');
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= mostBodyBytes) chunks.push(chunk);
      else refuse(request, response, () => tooLong(responder));
    });
    request.on('end', () => {
      if (length > mostBodyBytes) return;
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length);
      answer({ method: request.method ?? 'GET', target: request.url ?? '/', headers: request.headers, body }, responder);
    });
    request.on('error', () => undefined);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      server.on('error', () => undefined);
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}

function refuse(request: IncomingMessage, response: ServerResponse, say: () => void): void {
  request.removeAllListeners('data');
  request.resume();
  response.setHeader('connection', 'close');
  if (!response.headersSent) say();
}

function responderOf(response: ServerResponse, headOnly: boolean): Responder {
  return {
    send(status, headers, body) {
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
      response.end(headOnly ? undefined : body);
    },
    stream(status, headers, closed) {
      response.writeHead(status, headers);
      response.flushHeaders();
      response.once('close', closed);
      return {
        write(chunk) {
          if (response.destroyed) return;
          response.write(chunk);
          if (response.writableLength > mostUnsentBytes) response.destroy();
        },
        end: () => void response.end(),
      };
    },
  };
}
