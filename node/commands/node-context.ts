import type { Ports } from '../../shared/ports/ports.ts';
import type { KeyEvents } from '../server/key-events.ts';
import type { KeyPrefetch } from '../server/key-prefetch.ts';
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
  /** The store's part in the batch prefetch; without it keys are not hashed ahead. */
  readonly prefetch?: KeyPrefetch;
}
