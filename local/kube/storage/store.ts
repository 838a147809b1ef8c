import type { KubeObject, ResourceType } from '../../../operator/kube/port.ts';

/** One change, in the order of resource versions. Objects are never mutated once stored. */
export interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: ResourceType;
  readonly object: KubeObject;
  readonly previous?: KubeObject;
}

export interface StoredRef {
  readonly kind: ResourceType;
  readonly object: KubeObject;
}

export interface StoreOptions {
  /** How many changes a watch may lag behind before it is told 410. */
  readonly historyLength?: number;
}

const collectionOf = (kind: ResourceType): string => `${kind.group}/${kind.plural}`;
const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;

/**
 * Every object with one counter of resource versions, and the recent changes. It does not know what objects mean. Listeners
 * are called within the write, in the order in which they subscribed; they must only take note.
 */
export function createStore({ historyLength = 10_000 }: StoreOptions = {}) {
  const collections = new Map<string, Map<string, KubeObject>>();
  const byUid = new Map<string, StoredRef>();
  const dependents = new Map<string, Set<string>>();
  const listeners = new Set<(change: Change) => void>();
  let history: Change[] = [];
  let version = 1;
  /** Changes up to this one are forgotten. */
  let forgotten = 1;

  const collection = (kind: ResourceType): Map<string, KubeObject> => {
    const known = collections.get(collectionOf(kind));
    if (known) return known;
    const made = new Map<string, KubeObject>();
    collections.set(collectionOf(kind), made);
    return made;
  };

  const indexOwners = (object: KubeObject, present: boolean): void => {
    const { uid = '', ownerReferences = [] } = object.metadata;
    for (const owner of ownerReferences) {
      const set = dependents.get(owner.uid) ?? new Set<string>();
      if (present) set.add(uid);
      else set.delete(uid);
      if (set.size > 0) dependents.set(owner.uid, set);
      else dependents.delete(owner.uid);
    }
  };

  const record = (change: Change): void => {
    history.push(change);
    if (history.length > 2 * historyLength) {
      forgotten = history[history.length - historyLength - 1].version;
      history = history.slice(-historyLength);
    }
    for (const listener of listeners) listener(change);
  };

  return {
    /** Of the newest change. */
    version: (): number => version,
    get: (kind: ResourceType, namespace: string | undefined, name: string): KubeObject | undefined => collection(kind).get(keyOf(namespace, name)),
    findByUid: (uid: string): StoredRef | undefined => byUid.get(uid),
    /** Of one namespace or of all of them, ordered by namespace and name. */
    list(kind: ResourceType, namespace?: string): readonly KubeObject[] {
      const entries = [...collection(kind)];
      const wanted = namespace === undefined ? entries : entries.filter(([, object]) => object.metadata.namespace === namespace);
      return wanted.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, object]) => object);
    },
    dependentsOf: (uid: string): readonly StoredRef[] => [...(dependents.get(uid) ?? [])].flatMap((dependent) => byUid.get(dependent) ?? []),
    everything: (): readonly StoredRef[] => [...byUid.values()],
    /** Stores the object under the next resource version, which it returns in the object. */
    put(kind: ResourceType, object: KubeObject): KubeObject {
      const { namespace, name, uid = '' } = object.metadata;
      const previous = collection(kind).get(keyOf(namespace, name));
      version += 1;
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
      if (previous) indexOwners(previous, false);
      indexOwners(stored, true);
      byUid.set(uid, { kind, object: stored });
      collection(kind).set(keyOf(namespace, name), stored);
      record({ version, type: previous ? 'MODIFIED' : 'ADDED', kind, object: stored, previous });
      return stored;
    },
    /** The object as it was last, with the resource version of its removal. */
    remove(kind: ResourceType, last: KubeObject): KubeObject {
      const { namespace, name, uid = '' } = last.metadata;
      version += 1;
      const removed = { ...last, metadata: { ...last.metadata, resourceVersion: String(version) } };
      indexOwners(collection(kind).get(keyOf(namespace, name)) ?? last, false);
      collection(kind).delete(keyOf(namespace, name));
      byUid.delete(uid);
      record({ version, type: 'DELETED', kind, object: removed, previous: last });
      return removed;
    },
    /** Changes of one kind after a version; undefined when some of them are forgotten. */
    changesSince(kind: ResourceType, since: number): readonly Change[] | undefined {
      if (since < forgotten) return undefined;
      return history.filter((change) => change.version > since && collectionOf(change.kind) === collectionOf(kind));
    },
    oldestVersion: (): number => forgotten,
    /** Forgets the history up to now, as etcd's compaction does: older watches and continued lists get 410. */
    compact(): void {
      history = [];
      forgotten = version;
    },
    subscribe(listener: (change: Change) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

export type Store = ReturnType<typeof createStore>;
export const sameKind = (left: ResourceType, right: ResourceType): boolean => left.plural === right.plural && left.group === right.group;
