import type { KubeObject, ResourceType } from '../../../operator/kube/port.ts';
import type { Api } from '../api/api.ts';
import { type Controller, createKeyQueue } from './queue.ts';

const manager = { manager: 'garbage-collector' };

/** Deletes what has lost its last owner, and lets owners go whose deletion waits for their dependents (foreground, orphan). */
export function startGarbageCollector(api: Api): Controller {
  const { store, ports } = api.context;
  const queue = createKeyQueue(ports, (uid) => look(api, uid));
  const unsubscribe = store.subscribe(({ type, object, previous }) => {
    const { uid = '', ownerReferences = [] } = object.metadata;
    if (type === 'DELETED') {
      for (const dependent of store.dependentsOf(uid)) queue.add(dependent.object.metadata.uid ?? '');
    } else queue.add(uid);
    // Owners that wait for the last of their dependents.
    for (const owner of [...ownerReferences, ...(previous?.metadata.ownerReferences ?? [])]) if (store.findByUid(owner.uid)?.object.metadata.deletionTimestamp !== undefined) queue.add(owner.uid);
  });
  return {
    stop() {
      unsubscribe();
      queue.stop();
    },
  };
}

function look(api: Api, uid: string): void {
  const found = api.context.store.findByUid(uid);
  if (!found) return;
  const { kind, object } = found;
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp !== undefined && finalizers.includes('orphan')) return orphanDependents(api, kind, object);
  if (deletionTimestamp !== undefined && finalizers.includes('foregroundDeletion')) return deleteDependents(api, kind, object);
  if (deletionTimestamp === undefined) deleteIfOwnerless(api, kind, object);
}

function orphanDependents(api: Api, kind: ResourceType, owner: KubeObject): void {
  for (const { kind: dependentKind, object } of api.context.store.dependentsOf(owner.metadata.uid ?? '')) dropOwners(api, dependentKind, object, (uid) => uid === owner.metadata.uid);
  dropFinalizer(api, kind, owner, 'orphan');
}

function deleteDependents(api: Api, kind: ResourceType, owner: KubeObject): void {
  const { uid = '' } = owner.metadata;
  const dependents = api.context.store.dependentsOf(uid);
  for (const { kind: dependentKind, object } of dependents) {
    if (object.metadata.deletionTimestamp === undefined) remove(api, dependentKind, object, 'Foreground');
  }
  const blocking = api.context.store.dependentsOf(uid).some(({ object }) => object.metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion === true));
  if (!blocking) dropFinalizer(api, kind, owner, 'foregroundDeletion');
}

function deleteIfOwnerless(api: Api, kind: ResourceType, object: KubeObject): void {
  const references = object.metadata.ownerReferences ?? [];
  if (references.length === 0) return;
  const isAbsent = (uid: string): boolean => {
    const owner = api.context.store.findByUid(uid);
    if (!owner) return true;
    // An owner in another namespace does not count, as on a real server.
    return owner.kind.namespaced && owner.object.metadata.namespace !== object.metadata.namespace;
  };
  const absent = references.filter((reference) => isAbsent(reference.uid));
  if (absent.length === 0) return;
  if (absent.length === references.length) remove(api, kind, object, 'Background');
  else dropOwners(api, kind, object, isAbsent);
}

function remove(api: Api, kind: ResourceType, { metadata }: KubeObject, propagationPolicy: 'Background' | 'Foreground'): void {
  const hasDependents = api.context.store.dependentsOf(metadata.uid ?? '').length > 0;
  api.remove(kind, metadata.namespace, metadata.name, { uid: metadata.uid, propagationPolicy: hasDependents ? propagationPolicy : 'Background' });
}

function dropOwners(api: Api, kind: ResourceType, object: KubeObject, isGone: (uid: string) => boolean): void {
  const ownerReferences = (object.metadata.ownerReferences ?? []).filter(({ uid }) => !isGone(uid));
  const { namespace, name } = object.metadata;
  api.patch(kind, namespace, name, { type: 'merge', patch: { metadata: { ownerReferences: ownerReferences.length > 0 ? ownerReferences : null } } }, manager);
}

function dropFinalizer(api: Api, kind: ResourceType, object: KubeObject, gone: string): void {
  const { namespace, name, finalizers = [] } = object.metadata;
  const left = finalizers.filter((finalizer) => finalizer !== gone);
  api.patch(kind, namespace, name, { type: 'merge', patch: { metadata: { finalizers: left.length > 0 ? left : null } } }, manager);
}
