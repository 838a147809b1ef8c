import type { Ports } from '../../shared/ports/ports.ts';
import type { Store } from '../engine/store.ts';
import type { Copies } from './copies.ts';
import type { KeyEvents } from './key-events.ts';
import type { KeyPrefetch } from './key-prefetch.ts';
import type { NamespaceRegistry } from '../tenants/registry.ts';
import type { ServerServices } from './services.ts';
import type { StoreView } from './store-view.ts';
import type { TenantHooks } from './tenant-hooks.ts';
import type { ClusterView } from '../topology/view.ts';

/**
 * What commands may reach beside the call itself. Extended by the parts as they come (store, clients, pub/sub, config);
 * additions only, so that every command file keeps compiling.
 */
export interface NodeContext {
  readonly ports: Ports;
  /** The newest view; replaced as a whole. */
  cluster: ClusterView;
  /** Data commands report changed keys here (WATCH, client tracking, keyspace notifications, blocked clients). */
  readonly keyEvents: KeyEvents;
  /** Clients' writes are refused: a snapshot of the shard is being kept (docs/adr/0006-hibernate.md). */
  frozen?: boolean;
  /** The shard's copies; absent where there is one by specification. */
  copies?: Copies;
  /** The shard's data (node/engine/README.md). It is also the `prefetch`. */
  readonly store: Store;
  /** The store's part in the batch prefetch; without it keys are not hashed ahead. */
  readonly prefetch?: KeyPrefetch;
  /** Clients, users, settings, counters: what connection and server commands work on. */
  readonly server: ServerServices;
  /** Figures and slot contents of the store, for INFO, MEMORY and CLUSTER. */
  readonly storeView?: StoreView;
  /** The namespaces in force. */
  readonly namespaces?: NamespaceRegistry;
  /** Settings of CacheNamespaces as they bear on single keys. */
  tenants?: TenantHooks;
}
