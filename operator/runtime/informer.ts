import type { KubeObject, KubePort, ResourceType, WatchEvent } from '../kube/port.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { keyOf, typeName } from './object-key.ts';
import { silentObserver, type RuntimeObserver } from './observer.ts';
import { reflectorTiming, startReflector, type Reflector, type ReflectorTiming } from './reflector.ts';
import { createStore, type IndexFunction, type Store, type StoreView } from './store.ts';

export type Change =
  | { readonly kind: 'added'; readonly object: KubeObject }
  | { readonly kind: 'modified'; readonly object: KubeObject; readonly previous: KubeObject }
  /** The last state known; deletions during a gap are found by the next list. */
  | { readonly kind: 'deleted'; readonly object: KubeObject };

export interface InformerOptions {
  readonly kube: Pick<KubePort, 'list' | 'watch'>;
  readonly type: ResourceType;
  readonly ports: Ports;
  readonly log: Logger;
  /** Only these namespaces (Roles instead of ClusterRoles); absent: all of them. */
  readonly namespaces?: readonly string[];
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly indices?: Readonly<Record<string, IndexFunction>>;
  /** What of an object is kept in memory; default: everything but managedFields. */
  readonly keep?: (object: KubeObject) => KubeObject;
  readonly observer?: RuntimeObserver;
  readonly timing?: Partial<ReflectorTiming>;
  /** Not every Kubernetes cluster has the type: told when it is found to be there, or not to be, and again at every change of that. */
  readonly optional?: (there: boolean) => void;
}

/** A shared, indexed, read-only mirror of one type. Stale by nature: see expectations.ts. */
export interface Informer {
  readonly type: ResourceType;
  readonly store: StoreView;
  hasSynced(): boolean;
  /** Of an optional type: whether it is there; undefined until that is known. Others are always there. */
  there(): boolean | undefined;
  /** True once everything that existed at the start is in the store; false when stopped before. */
  whenSynced(): Promise<boolean>;
  /** Called for what is there already, then for every change, in order. What a handler throws is logged and goes no further. */
  onChange(handler: (change: Change) => void): () => void;
  /** Everything up to this resource version has been seen (for objects of that namespace). */
  seen(namespace: string | undefined): string | undefined;
  ageMs(): number;
  stop(): void;
}

export function startInformer(options: InformerOptions): Informer {
  const name = typeName(options.type);
  const observer = options.observer ?? silentObserver;
  const store = createStore(guardedIndices(options, observer, name));
  const handlers = new Set<(change: Change) => void>();
  const seen = new Map<string, string>();
  let there: boolean | undefined = options.optional === undefined ? true : undefined;
  const scopes = options.namespaces ?? [undefined];
  let stopped = false;
  let settle: (synced: boolean) => void = () => {};
  const synced = new Promise<boolean>((resolve) => (settle = resolve));
  const keep = guardedKeep(options, observer, name);

  const tell = (handler: (change: Change) => void, change: Change): void => {
    try {
      handler(change);
    } catch (error) {
      observer.handlerFailed(name);
      options.log.error('a change handler failed', { type: name, object: keyOf(change.object), error });
    }
  };
  const announce = (change: Change): void => {
    for (const handler of handlers) tell(handler, change);
  };
  const upsert = (raw: KubeObject): void => {
    const object = keep(raw);
    const previous = store.put(object);
    if (!previous) return announce({ kind: 'added', object });
    if (previous.metadata.uid !== object.metadata.uid) {
      announce({ kind: 'deleted', object: previous });
      announce({ kind: 'added', object });
    } else if (previous.metadata.resourceVersion !== object.metadata.resourceVersion) announce({ kind: 'modified', object, previous });
  };
  const remove = (key: string, last?: KubeObject): void => {
    const previous = store.remove(key);
    if (previous) announce({ kind: 'deleted', object: last ?? previous });
  };

  const found = (now: boolean): void => {
    if (options.optional === undefined || there === now) return;
    there = now;
    options.optional(now);
  };

  const sinkOf = (scope: string | undefined) => ({
    replace(items: readonly KubeObject[], resourceVersion: string) {
      const present = new Set(items.map(keyOf));
      for (const key of missing(store, scope, present)) remove(key);
      for (const item of items) upsert(item);
      // After the changes: whoever waits for a version must find its object in the store.
      seen.set(scope ?? '', resourceVersion);
      if (seen.size === scopes.length) settle(true);
      found(true);
    },
    absent() {
      for (const key of missing(store, scope, new Set())) remove(key);
      seen.set(scope ?? '', '');
      if (seen.size === scopes.length) settle(true);
      found(false);
    },
    apply(event: WatchEvent, resourceVersion: string) {
      if (event.type === 'DELETED') remove(keyOf(event.object), keep(event.object));
      else if (event.type !== 'BOOKMARK') upsert(event.object);
      seen.set(scope ?? '', resourceVersion);
    },
  });

  const timing = { ...reflectorTiming, ...options.timing };
  const reflectors: Reflector[] = scopes.map((namespace) => startReflector({ ...options, namespace, observer, timing, optional: options.optional !== undefined, sink: sinkOf(namespace) }));
  observer.watching(name, () => oldest(reflectors) / 1000);
  if (scopes.length === 0) settle(true);
  return {
    type: options.type,
    store,
    hasSynced: () => seen.size === scopes.length,
    there: () => there,
    whenSynced: () => synced,
    onChange(handler) {
      handlers.add(handler);
      for (const object of store.list()) tell(handler, { kind: 'added', object });
      return () => void handlers.delete(handler);
    },
    seen: (namespace) => seen.get(options.namespaces ? (namespace ?? '') : ''),
    ageMs: () => (stopped ? 0 : oldest(reflectors)),
    stop() {
      stopped = true;
      for (const reflector of reflectors) reflector.stop();
      settle(false);
    },
  };
}

/** managedFields are a third of what the server sends and nobody here reads them. */
function withoutManagedFields(object: KubeObject): KubeObject {
  if (!object.metadata.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

const oldest = (reflectors: readonly Reflector[]): number => Math.max(0, ...reflectors.map((reflector) => reflector.ageMs()));

function missing(store: Store, scope: string | undefined, present: ReadonlySet<string>): string[] {
  const inScope = (key: string): boolean => scope === undefined || store.byKey(key)?.metadata.namespace === scope;
  return [...store.keys()].filter((key) => !present.has(key) && inScope(key));
}

function guardedKeep(options: InformerOptions, observer: RuntimeObserver, type: string): (object: KubeObject) => KubeObject {
  const keep = options.keep ?? withoutManagedFields;
  return (object) => {
    try {
      return keep(object);
    } catch (error) {
      observer.handlerFailed(type);
      options.log.error('keep() failed, the object is kept whole', { type, error });
      return object;
    }
  };
}

function guardedIndices(options: InformerOptions, observer: RuntimeObserver, type: string): Record<string, IndexFunction> {
  const guard = (valuesOf: IndexFunction): IndexFunction => (object) => {
    try {
      return valuesOf(object);
    } catch (error) {
      observer.handlerFailed(type);
      options.log.error('an index function failed', { type, object: keyOf(object), error });
      return [];
    }
  };
  return Object.fromEntries(Object.entries(options.indices ?? {}).map(([name, valuesOf]) => [name, guard(valuesOf)]));
}
