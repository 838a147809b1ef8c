import type { KubeObject, ListOptions } from '../../../operator/kube/port.ts';
import { KubeError } from '../../../operator/kube/port.ts';
import { noSuchResource, notFound } from '../api/errors.ts';
import { apiVersionOf } from '../kinds/api-kind.ts';
import type { Front } from './front.ts';
import { asCoreEvent } from './core-event.ts';
import { type Exchange, integerOf, sendJson } from './exchange.ts';
import type { ResourceRoute } from './route.ts';
import { partial, tableOf } from './table.ts';

export const shownOf = ({ coreEvents }: ResourceRoute, object: KubeObject): KubeObject => (coreEvents ? asCoreEvent(object) : object);

export function selectionOf({ query }: Exchange, route: ResourceRoute): { readonly namespace?: string; readonly labelSelector?: string; readonly fieldSelector?: string } {
  const fields = [query.get('fieldSelector') ?? '', route.name === undefined ? '' : `metadata.name=${route.name}`].filter((text) => text !== '');
  return {
    ...(route.namespace === undefined ? {} : { namespace: route.namespace }),
    ...(query.get('labelSelector') ? { labelSelector: query.get('labelSelector') as string } : {}),
    ...(fields.length > 0 ? { fieldSelector: fields.join(',') } : {}),
  };
}

export function includeObjectOf({ query }: Exchange): 'None' | 'Metadata' | 'Object' {
  const wanted = query.get('includeObject');
  return wanted === 'None' || wanted === 'Object' ? wanted : 'Metadata';
}

export function handleList(kube: Front, exchange: Exchange, route: ResourceRoute): void {
  const { kind } = route;
  const { query } = exchange;
  const options: ListOptions = { ...selectionOf(exchange, route), limit: integerOf(query, 'limit'), ...(query.get('continue') ? { continue: query.get('continue') as string } : {}) };
  const { items, resourceVersion, continue: token, remaining } = kube.api.list(kind, options);
  const metadata = { resourceVersion, ...(token === undefined ? {} : { continue: token, remainingItemCount: remaining }) };
  if (exchange.shape === 'table') {
    const nowMs = kube.api.context.ports.clock.wallMs();
    return sendJson(exchange, 200, tableOf(kind, items, { nowMs, includeObject: includeObjectOf(exchange), includeColumns: true, metadata, shown: (object) => shownOf(route, object) }));
  }
  if (exchange.shape === 'partial') return sendJson(exchange, 200, { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: items.map(partial) });
  sendJson(exchange, 200, { kind: `${kind.kind}List`, apiVersion: route.coreEvents ? 'v1' : apiVersionOf(kind), metadata, items: items.map((item) => shownOf(route, item)) });
}

export function handleGet(kube: Front, exchange: Exchange, route: ResourceRoute): void {
  const { kind, namespace, name = '', subresource } = route;
  const object = kube.api.find(kind, namespace, name);
  if (!object) throw notFound(kind, name);
  switch (subresource) {
    case undefined:
      return sendObject(kube, exchange, route, object, 200);
    case 'status':
      if (!kind.hasStatus) throw noSuchResource();
      return sendObject(kube, exchange, route, object, 200);
    case 'scale':
      return sendJson(exchange, 200, kube.api.scale(kind, namespace, name));
    case 'log':
      if (kind.kind === 'Pod') return sendLog(kube, exchange, object);
      throw noSuchResource();
    default:
      throw noSuchResource();
  }
}

export function sendObject(kube: Front, exchange: Exchange, route: ResourceRoute, object: KubeObject, status: number): void {
  if (exchange.shape === 'table' && exchange.method === 'GET') {
    const nowMs = kube.api.context.ports.clock.wallMs();
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    return sendJson(exchange, status, tableOf(route.kind, [object], { nowMs, includeObject: includeObjectOf(exchange), includeColumns: true, metadata, shown: (one) => shownOf(route, one) }));
  }
  sendJson(exchange, status, exchange.shape === 'partial' ? partial(object) : shownOf(route, object));
}

/** What there is so far: `follow` is not kept up. */
function sendLog(kube: Front, { query, responder }: Exchange, pod: KubeObject): void {
  const text = kube.api.context.podLog?.(pod);
  if (text === undefined) throw new KubeError(400, 'BadRequest', `container in pod "${pod.metadata.name}" has written nothing that is kept`);
  const tail = integerOf(query, 'tailLines');
  const lines = text.split('\n');
  const shown = tail === undefined ? text : lines.slice(Math.max(0, lines.length - 1 - tail)).join('\n');
  responder.send(200, { 'content-type': 'text/plain' }, shown);
}
