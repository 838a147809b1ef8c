import type { KubeObject } from '../kube/port.ts';
import { keyOf, objectKey } from './object-key.ts';

/** Values under which an object is found; none leaves it out of the index. */
export type IndexFunction = (object: KubeObject) => readonly string[];

/** What readers see of a cache. Objects are shared: never change one. */
export interface StoreView {
  get(namespace: string | undefined, name: string): KubeObject | undefined;
  list(): readonly KubeObject[];
  /** Objects filed under `value`; an index that was not declared is an error of the program. */
  by(index: string, value: string): readonly KubeObject[];
  readonly size: number;
}

export interface Store extends StoreView {
  /** Returns what was there before. */
  put(object: KubeObject): KubeObject | undefined;
  remove(key: string): KubeObject | undefined;
  keys(): Iterable<string>;
  byKey(key: string): KubeObject | undefined;
}

/** Objects by key, with indices kept up to date on every change. */
export function createStore(indexFunctions: Readonly<Record<string, IndexFunction>> = {}): Store {
  const objects = new Map<string, KubeObject>();
  const indices = new Map(Object.entries(indexFunctions).map(([name, valuesOf]) => [name, createIndex(valuesOf)]));
  const remove = (key: string): KubeObject | undefined => {
    const previous = objects.get(key);
    if (!previous) return undefined;
    objects.delete(key);
    for (const index of indices.values()) index.remove(key, previous);
    return previous;
  };
  return {
    get: (namespace, name) => objects.get(objectKey(namespace, name)),
    byKey: (key) => objects.get(key),
    list: () => [...objects.values()],
    keys: () => objects.keys(),
    get size() {
      return objects.size;
    },
    by(name, value) {
      const index = indices.get(name);
      if (!index) throw new Error(`no index "${name}" was declared for this store`);
      return index.keys(value).map((key) => objects.get(key) as KubeObject);
    },
    put(object) {
      const key = keyOf(object);
      const previous = remove(key);
      objects.set(key, object);
      for (const index of indices.values()) index.add(key, object);
      return previous;
    },
    remove,
  };
}

interface Index {
  keys(value: string): string[];
  add(key: string, object: KubeObject): void;
  remove(key: string, object: KubeObject): void;
}

function createIndex(valuesOf: IndexFunction): Index {
  const filed = new Map<string, Set<string>>();
  return {
    keys: (value) => [...(filed.get(value) ?? [])],
    add(key, object) {
      for (const value of valuesOf(object)) {
        const keys = filed.get(value);
        if (keys) keys.add(key);
        else filed.set(value, new Set([key]));
      }
    },
    remove(key, object) {
      for (const value of valuesOf(object)) {
        const keys = filed.get(value);
        keys?.delete(key);
        if (keys?.size === 0) filed.delete(value);
      }
    },
  };
}
