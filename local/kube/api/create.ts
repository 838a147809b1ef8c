import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { type Manager, afterUpdate, encodeManagers } from '../apply/managed-fields.ts';
import type { ApiKind } from '../kinds/api-kind.ts';
import { type ApiContext, type WriteRequest, nameSuffix, newUid, standardManager, timestamp } from './context.ts';
import { KubeError } from '../../../operator/kube/port.ts';
import { alreadyExists, badRequest, notFound } from './errors.ts';
import { admitted, checkType } from './prepare.ts';
import { withStartingState } from './starting-state.ts';

/** POST. `managers` is what an apply has worked out; else the writer owns all that it sent. */
export function createObject(context: ApiContext, kind: ApiKind, namespace: string | undefined, given: KubeObject, request: WriteRequest, managers?: readonly Manager[]): KubeObject {
  const typed = checkType(kind, given);
  if (typed.metadata.resourceVersion !== undefined && typed.metadata.resourceVersion !== '') throw badRequest('resourceVersion should not be set on objects to be created');
  const inPlace = withNamespace(kind, typed, namespace);
  if (kind.namespaced) checkNamespace(context, inPlace.metadata.namespace ?? '');
  const { generateName } = inPlace.metadata;
  const name = inPlace.metadata.name ?? (generateName === undefined ? '' : generateName + nameSuffix(context));
  const { status, ...withoutStatus } = inPlace;
  const sent = { ...(kind.hasStatus || status === undefined ? withoutStatus : inPlace), metadata: serverMetadata(context, kind, inPlace, name) } as KubeObject;
  const accepted = withStartingState(context, kind, admitted(context, kind, sent, undefined, request));
  if (context.store.get(kind, accepted.metadata.namespace, name)) throw alreadyExists(kind, name);
  const writer = { manager: request.manager ?? standardManager, operation: 'Update' as const, time: timestamp(context.ports.clock.wallMs()) };
  const owners = managers ?? afterUpdate(kind, undefined, { ...sent, status: undefined }, writer);
  const object = { ...accepted, metadata: { ...accepted.metadata, managedFields: encodeManagers(owners) } };
  return request.dryRun === true ? object : context.store.put(kind, object);
}

function withNamespace(kind: ApiKind, object: KubeObject, namespace: string | undefined): KubeObject {
  if (!kind.namespaced) {
    const { namespace: _none, ...metadata } = object.metadata;
    return { ...object, metadata };
  }
  const own = object.metadata.namespace;
  if (namespace !== undefined && own !== undefined && own !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  return { ...object, metadata: { ...object.metadata, namespace: own ?? namespace ?? 'default' } };
}

function checkNamespace(context: ApiContext, name: string): void {
  const found = context.store.get(resourceTypes.namespace, undefined, name);
  if (found?.metadata.deletionTimestamp !== undefined) {
    throw new KubeError(403, 'Forbidden', `unable to create new content in namespace ${name} because it is being terminated`);
  }
  if (found) return;
  if (context.namespaces === 'must-exist') throw notFound(resourceTypes.namespace, name);
  const made = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  createObject(context, context.catalogue.find(resourceTypes.namespace), undefined, made, { manager: 'kube-apiserver' });
}

function serverMetadata(context: ApiContext, kind: ApiKind, object: KubeObject, name: string): KubeObject['metadata'] {
  const { deletionTimestamp: _deletion, deletionGracePeriodSeconds: _grace, managedFields: _managed, resourceVersion: _version, ...kept } = object.metadata;
  return {
    ...kept,
    name,
    uid: newUid(context),
    creationTimestamp: timestamp(context.ports.clock.wallMs()),
    ...(kind.hasGeneration ? { generation: 1 } : {}),
  };
}
