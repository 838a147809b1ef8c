import type { Ports } from '../../shared/ports/ports.ts';
import type { Store } from '../engine/store.ts';
import { Dependents } from './dependents.ts';
import { Fills } from './fills.ts';
import { compileGlob } from './glob.ts';
import { Invalidations, type Invalidation, type InvalidationLog } from './invalidation.ts';
import { NamespaceRegistry, type RegistryOptions } from './registry.ts';

/** What namespaces are made of on one node. */
export interface TenantServices {
  readonly registry: NamespaceRegistry;
  readonly fills: Fills;
  readonly dependents: Dependents;
  readonly invalidations: Invalidations;
  readonly log: () => InvalidationLog | undefined;
  /** Invalidates on every shard of the region; set by who knows the others. Never rejects. */
  everywhere: (namespace: string, what: Invalidation) => Promise<Reached>;
}

export interface TenantServicesOptions {
  readonly ports: Ports;
  readonly store: Store;
  readonly shards: RegistryOptions['shards'];
  readonly log: () => InvalidationLog | undefined;
  /** A key is about to be deleted by an invalidation. */
  readonly onDelete: (bytes: Uint8Array, start: number, length: number) => void;
  /** All keys of a namespace are about to go: those with this prefix, or without that of any. */
  readonly onFlush: (prefix: string) => void;
  /** Keys (latin1) for which somebody may wait are free to be filled again. */
  readonly onFree: (keys: readonly string[]) => void;
}

/** How far an invalidation came. */
export interface Reached {
  readonly deleted: number;
  /** Shards whose primary did not confirm it. */
  readonly unreachable: readonly number[];
}

export function createTenantServices(options: TenantServicesOptions): TenantServices {
  const { ports, store } = options;
  const registry = new NamespaceRegistry({ store, clock: ports.clock, shards: options.shards });
  const fills = new Fills(ports.random);
  const dependents = new Dependents(store, registry);
  registry.onFlush = (tenant) => {
    options.onFlush(tenant.prefixLength === 0 ? '' : `${tenant.name}:`);
    if (fills.size > 0) options.onFree(fills.voidWhere(tenant.name, () => true));
  };
  const onInvalidate = (namespace: string, what: Invalidation): void => {
    if (fills.size > 0) options.onFree(fills.voidWhere(namespace, goesWith(registry, namespace, what)));
  };
  const invalidations = new Invalidations({ store, registry, dependents, clock: ports.clock, timers: ports.timers, log: options.log, onDelete: options.onDelete, onInvalidate });
  const everywhere = async (namespace: string, what: Invalidation): Promise<Reached> => {
    const deleted = await invalidations.run(namespace, what);
    return deleted === 'uncommitted' ? { deleted: 0, unreachable: [0] } : { deleted, unreachable: [] };
  };
  return { registry, fills, dependents, invalidations, log: options.log, everywhere };
}

/** Which keys that are being filled an invalidation is about; the tags of a value that is not there yet are not known. */
function goesWith(registry: NamespaceRegistry, namespace: string, what: Invalidation): (key: string) => boolean {
  const prefixLength = registry.byName(namespace)?.prefixLength ?? 0;
  if (what.kind === 'key') return (key) => Buffer.from(key, 'latin1').subarray(prefixLength).toString() === what.key;
  if (what.kind !== 'pattern') return () => true;
  const matches = compileGlob(Buffer.from(what.pattern));
  return (key) => matches(Buffer.from(key, 'latin1'), prefixLength, key.length - prefixLength);
}
