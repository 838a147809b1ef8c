import type { KubeObject } from '../../../operator/kube/port.ts';
import { applyFields } from '../apply/apply.ts';
import { type ApiKind, groupResource } from '../kinds/api-kind.ts';
import { type ApiContext, type WriteRequest, timestamp } from './context.ts';
import { createObject } from './create.ts';
import { badRequest, conflict, notFound } from './errors.ts';
import { checkType } from './prepare.ts';
import { updateObject } from './update.ts';

export interface ApplyRequest extends WriteRequest {
  readonly manager: string;
  readonly force?: boolean;
}

/** PATCH of type apply: creates what is not there. */
export function applyObject(context: ApiContext, kind: ApiKind, namespace: string | undefined, name: string, config: KubeObject, request: ApplyRequest): KubeObject {
  const typed = checkType(kind, config);
  if (typed.metadata.name !== undefined && typed.metadata.name !== name) throw badRequest(`the name of the object (${typed.metadata.name}) does not match the name on the URL (${name})`);
  if (typed.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  const placed: KubeObject = { ...typed, metadata: { ...typed.metadata, name, ...(kind.namespaced ? { namespace: typed.metadata.namespace ?? namespace ?? 'default' } : {}) } };
  const writer = { manager: request.manager, operation: 'Apply' as const, time: timestamp(context.ports.clock.wallMs()), ...(request.subresource === undefined ? {} : { subresource: request.subresource }) };
  const live = context.store.get(kind, placed.metadata.namespace, name);
  if (!live) return createByApply(context, kind, placed, request, writer);
  const { object, managers } = applyFields(kind, live, placed, writer, request.force === true);
  const { uid, resourceVersion } = placed.metadata;
  return updateObject(context, kind, live, { ...object, metadata: { ...object.metadata, ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) } }, request, managers);
}

function createByApply(context: ApiContext, kind: ApiKind, placed: KubeObject, request: ApplyRequest, writer: Parameters<typeof applyFields>[3]): KubeObject {
  const { uid, name, namespace, resourceVersion, ...metadata } = placed.metadata;
  if (request.subresource !== undefined) throw notFound(kind, name);
  if (uid !== undefined) {
    throw conflict(groupResource(kind), name, `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`);
  }
  if (resourceVersion !== undefined && resourceVersion !== '') throw notFound(kind, name);
  const empty: KubeObject = { apiVersion: placed.apiVersion, kind: placed.kind, metadata: { name } };
  const { managers } = applyFields(kind, empty, placed, writer, true);
  return createObject(context, kind, namespace, { ...placed, metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) } }, request, managers);
}
