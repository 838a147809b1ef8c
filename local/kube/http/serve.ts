import { KubeError } from '../../../operator/kube/port.ts';
import { type BodyRequest, type BodyServer, type Responder, listenWithBodies } from '../../../shared/io/http-body-server.ts';
import type { Api } from '../api/api.ts';
import { noSuchResource } from '../api/errors.ts';
import type { Front } from './front.ts';
import { type Exchange, exchangeOf, sendJson } from './exchange.ts';
import { handleFixedPath } from './fixed-paths.ts';
import { isOwnHost } from './host-header.ts';
import { handleGet, handleList } from './read-requests.ts';
import { type ResourceRoute, parseRoute } from './route.ts';
import { asKubeError, failure } from './status.ts';
import { handleWatch } from './watch-requests.ts';
import { handleCreate, handleDelete, handlePatch, handleReplace } from './write-requests.ts';

export interface ServeKubeOptions {
  /** Loopback; nothing here knows who asks. */
  readonly host?: '127.0.0.1';
  /** 0: any free one. */
  readonly port: number;
}

export interface KubeServer {
  readonly port: number;
  /** `http://127.0.0.1:7300`. */
  readonly url: string;
  close(): Promise<void>;
}

/** As the API server limits them. */
const mostBodyBytes = 3 << 20;

/**
 * The in-process Kubernetes on loopback, under the API server's own paths: for kubectl and for pods' processes. Rejects with the
 * system's error (EADDRINUSE) when it cannot listen.
 */
export async function serveKube(api: Api, { host = '127.0.0.1', port }: ServeKubeOptions): Promise<KubeServer> {
  const kube: Front = { api };
  const server: BodyServer = await listenWithBodies({
    host,
    port,
    mostBodyBytes,
    answer: (request, responder) => answer(kube, request, responder),
    tooLong: (responder) => responder.send(413, { 'content-type': 'application/json' }, JSON.stringify(failure(new KubeError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${mostBodyBytes}`)))),
  });
  return { port: server.port, url: `http://${host}:${server.port}`, close: () => server.close() };
}

function answer(kube: Front, request: BodyRequest, responder: Responder): void {
  const exchange = exchangeOf(request, responder);
  let route: ResourceRoute | undefined;
  try {
    if (!isOwnHost(request.headers.host)) throw new KubeError(403, 'Forbidden', 'forbidden: the Host header is not one of 127.0.0.1, localhost, [::1]');
    if (handleFixedPath(kube, exchange)) return;
    route = parseRoute(kube.api.context.catalogue, exchange.path);
    if (!route) throw noSuchResource();
    handle(kube, exchange, route);
  } catch (error) {
    const known = asKubeError(error);
    const about = route ? { ...(route.name === undefined ? {} : { name: route.name }), ...(route.kind.group === '' ? {} : { group: route.kind.group }), kind: route.kind.plural } : {};
    sendJson(exchange, known.code, failure(known, about));
  }
}

function handle(kube: Front, exchange: Exchange, route: ResourceRoute): void {
  switch (exchange.method) {
    case 'GET':
    case 'HEAD': {
      const watching = ['true', '1'].includes(exchange.query.get('watch') ?? '');
      if (watching) return handleWatch(kube, exchange, route);
      return route.name === undefined ? handleList(kube, exchange, route) : handleGet(kube, exchange, route);
    }
    case 'POST':
      return handleCreate(kube, exchange, route);
    case 'PUT':
      return handleReplace(kube, exchange, route);
    case 'PATCH':
      return handlePatch(kube, exchange, route);
    case 'DELETE':
      return handleDelete(kube, exchange, route);
    default:
      throw new KubeError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
  }
}
