import { type DeleteOptions, KubeError, type KubeObject } from '../../../operator/kube/port.ts';
import { isObject } from '../../../shared/resources/admission/json.ts';
import type { Patch } from '../api/api.ts';
import { badRequest, noSuchResource } from '../api/errors.ts';
import type { WriteRequest } from '../api/context.ts';
import type { JsonPatchOperation } from '../patch/json-patch.ts';
import type { Front } from './front.ts';
import { type Exchange, integerOf, readBody, readObject, sendJson, writeRequestOf } from './exchange.ts';
import { selectionOf, sendObject, shownOf } from './read-requests.ts';
import type { ResourceRoute } from './route.ts';
import { success } from './status.ts';

function subresourceOf({ kind, subresource }: ResourceRoute): WriteRequest['subresource'] {
  if (subresource === undefined) return undefined;
  if (subresource === 'status' && kind.hasStatus) return 'status';
  if (subresource === 'scale' && kind.scale) return 'scale';
  // It writes the pod itself: nobody holds its processes to it.
  if (subresource === 'resize' && kind.kind === 'Pod') return undefined;
  throw noSuchResource();
}

function refuseCoreEvents({ coreEvents }: ResourceRoute): void {
  if (coreEvents) throw new KubeError(405, 'MethodNotAllowed', 'events are written through events.k8s.io/v1');
}

export function handleCreate(kube: Front, exchange: Exchange, route: ResourceRoute): void {
  refuseCoreEvents(route);
  if (route.name !== undefined) return handleEviction(kube, exchange, route);
  const request = writeRequestOf(exchange);
  const object = kube.api.create(route.kind, readObject(exchange) as unknown as KubeObject, request, route.namespace);
  sendObject(kube, exchange, route, object, 201);
}

function handleEviction(kube: Front, exchange: Exchange, { kind, namespace = 'default', name = '', subresource }: ResourceRoute): void {
  if (kind.kind !== 'Pod' || subresource !== 'eviction') throw noSuchResource();
  const eviction = readObject(exchange);
  kube.api.evict(namespace, name, deleteOptionsOf(exchange, isObject(eviction.deleteOptions) ? eviction.deleteOptions : {}));
  sendJson(exchange, 201, success({}));
}

export function handleReplace(kube: Front, exchange: Exchange, route: ResourceRoute): void {
  refuseCoreEvents(route);
  const object = readObject(exchange) as unknown as KubeObject;
  const { name = '' } = route;
  if (!isObject(object.metadata)) throw badRequest('metadata: Required value');
  if (object.metadata.name !== undefined && object.metadata.name !== name) throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  const named = { ...object, metadata: { ...object.metadata, name } };
  const stored = kube.api.replace(route.kind, named, { ...writeRequestOf(exchange), subresource: subresourceOf(route) }, route.namespace);
  sendObject(kube, exchange, route, stored, 200);
}

export function handlePatch(kube: Front, exchange: Exchange, route: ResourceRoute): void {
  refuseCoreEvents(route);
  const { kind, namespace, name = '' } = route;
  const request = { ...writeRequestOf(exchange), subresource: subresourceOf(route) };
  if (exchange.contentType === 'application/apply-patch+yaml') {
    const manager = exchange.query.get('fieldManager');
    if (!manager) throw badRequest('PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch');
    const before = kube.api.find(kind, namespace, name);
    const object = kube.api.apply(kind, name, readObject(exchange, true) as unknown as KubeObject, { ...request, manager, force: exchange.query.get('force') === 'true' }, namespace);
    return sendObject(kube, exchange, route, object, before ? 200 : 201);
  }
  sendObject(kube, exchange, route, kube.api.patch(kind, namespace, name, patchOf(exchange, route), request), 200);
}

function patchOf(exchange: Exchange, { kind }: ResourceRoute): Patch {
  const { contentType } = exchange;
  if (contentType === 'application/merge-patch+json') return { type: 'merge', patch: readObject(exchange) };
  if (contentType === 'application/strategic-merge-patch+json' && !kind.custom) return { type: 'strategic', patch: readObject(exchange) };
  if (contentType === 'application/json-patch+json') {
    const operations = readBody(exchange);
    if (!Array.isArray(operations)) throw badRequest('error decoding patch: a JSON patch is a list');
    return { type: 'json', patch: operations as readonly JsonPatchOperation[] };
  }
  const accepted = ['application/json-patch+json', 'application/merge-patch+json', ...(kind.custom ? [] : ['application/strategic-merge-patch+json']), 'application/apply-patch+yaml'];
  throw new KubeError(415, 'UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`);
}

export function handleDelete(kube: Front, exchange: Exchange, route: ResourceRoute): void {
  if (route.subresource !== undefined) throw noSuchResource();
  const options = deleteOptionsOf(exchange, exchange.body.length > 0 ? readObject(exchange) : {});
  if (route.name === undefined) return deleteAll(kube, exchange, route, options);
  const { kind, namespace, name } = route;
  const { object, gone } = kube.api.remove(kind, namespace, name, options);
  if (!gone || kind.kind === 'Pod') return sendJson(exchange, 200, shownOf(route, object));
  sendJson(exchange, 200, success({ name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural, uid: object.metadata.uid }));
}

function deleteAll(kube: Front, exchange: Exchange, route: ResourceRoute, options: DeleteOptions): void {
  const { items, resourceVersion } = kube.api.list(route.kind, selectionOf(exchange, route));
  for (const { metadata } of items) kube.api.remove(route.kind, metadata.namespace, metadata.name, options);
  sendJson(exchange, 200, { kind: `${route.kind.kind}List`, apiVersion: items[0]?.apiVersion ?? 'v1', metadata: { resourceVersion }, items });
}

function deleteOptionsOf({ query }: Exchange, body: Record<string, unknown>): DeleteOptions {
  const preconditions = isObject(body.preconditions) ? body.preconditions : {};
  const policy = body.propagationPolicy ?? query.get('propagationPolicy') ?? undefined;
  if (policy !== undefined && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') throw badRequest(`propagationPolicy: Unsupported value: ${JSON.stringify(policy)}`);
  const orphans = body.orphanDependents === true ? ('Orphan' as const) : undefined;
  const grace = typeof body.gracePeriodSeconds === 'number' ? body.gracePeriodSeconds : integerOf(query, 'gracePeriodSeconds');
  const dryRun = (Array.isArray(body.dryRun) && body.dryRun.length > 0) || query.has('dryRun');
  return {
    ...(typeof preconditions.uid === 'string' ? { uid: preconditions.uid } : {}),
    ...(typeof preconditions.resourceVersion === 'string' ? { resourceVersion: preconditions.resourceVersion } : {}),
    propagationPolicy: policy ?? orphans,
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    dryRun,
  };
}
