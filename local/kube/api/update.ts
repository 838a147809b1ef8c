import type { KubeObject } from '../../../operator/kube/port.ts';
import { deepEqual } from '../../../shared/resources/admission/json.ts';
import { type Manager, afterUpdate, encodeManagers, managersOf } from '../apply/managed-fields.ts';
import type { ApiKind } from '../kinds/api-kind.ts';
import { type ApiContext, type WriteRequest, standardManager, timestamp } from './context.ts';
import { invalid, modified, uidChanged } from './errors.ts';
import { admitted } from './prepare.ts';

/**
 * Stores `candidate` in the place of `live`, as every write to an existing object does in the end: identity kept, the other
 * half (status or all else) kept, generation counted, owners of fields noted, a write that changes nothing not stored.
 */
export function updateObject(context: ApiContext, kind: ApiKind, live: KubeObject, candidate: KubeObject, request: WriteRequest, managers?: readonly Manager[]): KubeObject {
  checkIdentity(kind, live, candidate, request.isPut === true);
  const kept = keepOtherHalf(kind, live, candidate, request.subresource);
  const accepted = admitted(context, kind, kept, live, request);
  const settled = withGeneration(kind, live, { ...accepted, metadata: settledMetadata(kind, live, accepted) });
  const writer = {
    manager: request.manager ?? standardManager,
    operation: 'Update' as const,
    ...(request.subresource === undefined ? {} : { subresource: request.subresource }),
    time: timestamp(context.ports.clock.wallMs()),
  };
  const owners = managers ?? (sameBut(live, settled) ? managersOf(live) : afterUpdate(kind, live, settled, writer));
  const managedFields = encodeManagers(owners);
  const { managedFields: _none, ...metadata } = settled.metadata;
  const object: KubeObject = { ...settled, metadata: managedFields.length > 0 ? { ...metadata, managedFields } : metadata };
  if (deepEqual(withoutVersion(object), withoutVersion(live))) return live;
  if (request.dryRun === true) return object;
  return isGone(object) && kind.kind !== 'Namespace' ? context.store.remove(kind, object) : context.store.put(kind, object);
}

/** Its deletion was waiting for nothing but its finalizers. */
export const isGone = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0 && (metadata.deletionGracePeriodSeconds ?? 0) === 0;

const withoutVersion = ({ metadata: { resourceVersion: _version, ...metadata }, ...rest }: KubeObject): unknown => ({ ...rest, metadata });
const sameBut = (left: KubeObject, right: KubeObject): boolean => {
  const bare = ({ metadata: { resourceVersion: _version, managedFields: _managed, ...metadata }, ...rest }: KubeObject): unknown => ({ ...rest, metadata });
  return deepEqual(bare(left), bare(right));
};

function checkIdentity(kind: ApiKind, live: KubeObject, { metadata }: KubeObject, isPut: boolean): void {
  const { name, uid = '' } = live.metadata;
  if (metadata.uid !== undefined && metadata.uid !== '' && metadata.uid !== uid) {
    if (isPut) throw uidChanged(kind, name, metadata.uid, uid);
    throw invalid(kind, name, [{ field: 'metadata.uid', reason: 'FieldValueInvalid', message: `Invalid value: "${metadata.uid}": field is immutable` }]);
  }
  if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '' && metadata.resourceVersion !== live.metadata.resourceVersion) throw modified(kind, name);
}

/** PUT of a kind with optimistic locking only: the version must be said. */
export function requireVersion(kind: ApiKind, object: KubeObject): void {
  const { resourceVersion, name } = object.metadata;
  if (!kind.needsVersionToReplace || (resourceVersion !== undefined && resourceVersion !== '')) return;
  // Named by the resource here, not by the kind: so says the API server.
  throw invalid({ ...kind, kind: kind.plural }, name, [{ field: 'metadata.resourceVersion', reason: 'FieldValueInvalid', message: 'Invalid value: 0: must be specified for an update' }]);
}

function keepOtherHalf(kind: ApiKind, live: KubeObject, candidate: KubeObject, subresource: WriteRequest['subresource']): KubeObject {
  if (subresource === 'status') {
    const { status: _old, ...rest } = live;
    return candidate.status === undefined ? rest : { ...rest, status: candidate.status };
  }
  if (!kind.hasStatus) return candidate;
  const { status: _sent, ...rest } = candidate;
  return live.status === undefined ? rest : { ...rest, status: live.status };
}

function settledMetadata(kind: ApiKind, live: KubeObject, { metadata }: KubeObject): KubeObject['metadata'] {
  const { name, namespace, uid, creationTimestamp, resourceVersion, generation, generateName, deletionTimestamp, deletionGracePeriodSeconds } = live.metadata;
  const present = Object.fromEntries(
    Object.entries({ name, namespace, uid, creationTimestamp, resourceVersion, generation, generateName, deletionTimestamp, deletionGracePeriodSeconds }).filter(([, value]) => value !== undefined),
  );
  const { deletionTimestamp: _deletion, deletionGracePeriodSeconds: _grace, generation: _generation, generateName: _generate, ...sent } = metadata;
  if (deletionTimestamp !== undefined) {
    const added = (sent.finalizers ?? []).filter((finalizer) => !(live.metadata.finalizers ?? []).includes(finalizer));
    if (added.length > 0) {
      const listed = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
      const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${listed}}`;
      throw invalid(kind, name, [{ field: 'metadata.finalizers', reason: 'FieldValueForbidden', message }]);
    }
  }
  return { ...sent, ...present } as KubeObject['metadata'];
}

function withGeneration(kind: ApiKind, live: KubeObject, object: KubeObject): KubeObject {
  if (!kind.hasGeneration) return object;
  const wanted = ({ metadata: _metadata, status: _status, ...rest }: KubeObject): unknown => rest;
  const generation = (live.metadata.generation ?? 1) + (deepEqual(wanted(live), wanted(object)) ? 0 : 1);
  return { ...object, metadata: { ...object.metadata, generation } };
}

