import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * As much of an API server as nodes use: GET and PUT of Leases and ConfigMaps with resourceVersion conflicts. Faults are
 * switched on by tests; the requests are counted.
 */
export interface LeaseMapServer {
  readonly url: string;
  readonly objects: Map<string, StoredObject>;
  /** Requests so far, as `METHOD path`. */
  readonly requests: string[];
  /** How the next requests are answered; `lost`: carried out, and the answer never sent. */
  mode: 'answers' | 'down' | 'lost-puts' | 'stale-puts';
  /** Pods whose writes of their Lease are not heard any more, those under way included. */
  readonly unheard: Set<string>;
  close(): Promise<void>;
}

export interface StoredObject {
  metadata: { name: string; uid: string; resourceVersion: string; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
}

export async function startLeaseMapServer(): Promise<LeaseMapServer> {
  const objects = new Map<string, StoredObject>();
  const requests: string[] = [];
  const unheard = new Set<string>();
  let version = 100;
  const state = { mode: 'answers' as LeaseMapServer['mode'] };

  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const path = request.url ?? '';
      requests.push(`${request.method} ${path}`);
      if (state.mode === 'down') return void request.socket.destroy();
      const answer = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      const known = objects.get(path);
      if (known === undefined) return answer(404, { kind: 'Status', code: 404, reason: 'NotFound' });
      if (request.method === 'GET') return answer(200, known);
      const wanted = JSON.parse(Buffer.concat(parts).toString('utf8')) as StoredObject;
      if (unheard.has(String(wanted.spec?.holderIdentity))) return void request.socket.destroy();
      if (state.mode === 'stale-puts') return answer(409, { kind: 'Status', code: 409, reason: 'Conflict' });
      if (wanted.metadata.resourceVersion !== known.metadata.resourceVersion) return answer(409, { kind: 'Status', code: 409, reason: 'Conflict' });
      const stored = { ...wanted, metadata: { ...wanted.metadata, uid: known.metadata.uid, resourceVersion: String(++version) } };
      objects.set(path, stored);
      if (state.mode === 'lost-puts') return void request.socket.destroy();
      return answer(200, stored);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    requests,
    unheard,
    get mode() {
      return state.mode;
    },
    set mode(mode) {
      state.mode = mode;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
