import type { KubeObject, ResourceType } from '../kube/port.ts';
import type { Informer } from './informer.ts';
import { compareResourceVersions, objectKey, typeName } from './object-key.ts';

/**
 * Caches lag behind the operator's own writes. For every key of work, this remembers what was written and says what of it has
 * not been seen yet: a destructive step waits until there is none (architecture.md, "How a change travels").
 */
export interface Expectations {
  /** What the API server answered to a create, apply, replace or patch. */
  wrote(owner: string, type: ResourceType, answer: KubeObject): void;
  /** A delete of this very object that was accepted. */
  deleted(owner: string, type: ResourceType, object: KubeObject): void;
  /** The owner's writes that the caches do not show yet; in the order of writing. Seen ones are forgotten. */
  unseen(owner: string): readonly UnseenWrite[];
  forget(owner: string): void;
}

export interface UnseenWrite {
  readonly kind: 'written' | 'deleted';
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
  /** What the write answered; for a delete, the newest version of the object known before it. */
  readonly resourceVersion: string;
}

export type Mirror = Pick<Informer, 'store' | 'seen'>;

/** `mirrorOf` gives the cache that decisions about a type are made from; writes of types without one are not waited for. */
export function createExpectations(mirrorOf: (type: ResourceType) => Mirror | undefined): Expectations {
  const owners = new Map<string, Map<string, UnseenWrite>>();
  const expect = (owner: string, type: ResourceType, kind: UnseenWrite['kind'], { metadata }: KubeObject): void => {
    const { namespace, name, uid, resourceVersion } = metadata;
    if (!uid || !resourceVersion) return;
    const writes = owners.get(owner) ?? new Map<string, UnseenWrite>();
    owners.set(owner, writes);
    const id = `${typeName(type)} ${objectKey(namespace, name)} ${uid}`;
    const earlier = writes.get(id);
    writes.delete(id); // the newest write of an object stands for the earlier ones
    writes.set(id, { kind, type, namespace, name, uid, resourceVersion: later(resourceVersion, earlier?.resourceVersion) });
  };
  return {
    wrote: (owner, type, answer) => expect(owner, type, 'written', answer),
    deleted: (owner, type, object) => expect(owner, type, 'deleted', object),
    unseen(owner) {
      const writes = owners.get(owner);
      if (!writes) return [];
      for (const [id, write] of writes) {
        const mirror = mirrorOf(write.type);
        if (!mirror || hasSeen(mirror, write)) writes.delete(id);
      }
      if (writes.size === 0) owners.delete(owner);
      return [...writes.values()];
    },
    forget: (owner) => void owners.delete(owner),
  };
}

/**
 * A write has been seen when the mirror shows that object at that version or later, or has read on past it (then the object
 * has changed or gone since). A delete has been seen when that very object (by UID) was known to the mirror and is gone, or is
 * shown on its way out.
 */
function hasSeen(mirror: Mirror, write: UnseenWrite): boolean {
  const object = mirror.store.get(write.namespace, write.name);
  const shown = object?.metadata.uid === write.uid ? object : undefined;
  if (write.kind === 'deleted' && shown) return shown.metadata.deletionTimestamp !== undefined;
  return reaches(shown?.metadata.resourceVersion, write.resourceVersion) || reaches(mirror.seen(write.namespace), write.resourceVersion);
}

const reaches = (seen: string | undefined, wanted: string): boolean => seen !== undefined && (compareResourceVersions(seen, wanted) ?? -1) >= 0;

const later = (a: string, b: string | undefined): string => (b !== undefined && (compareResourceVersions(a, b) ?? 0) < 0 ? b : a);
