import type { ShardConfig } from '../replication/config.ts';
import type { LeaseSight } from './document.ts';

/** What settles a compare-and-swap (P11): only `ok`; after the others the Lease has to be read. */
export type WriteOutcome = { readonly outcome: 'ok'; readonly config: ShardConfig } | { readonly outcome: 'conflict' | 'unknown' };

/** The Lease of the node's own shard. */
export interface KubeLeasePort {
  /** Quorum read. Rejects when the API server gives no answer that can be used. */
  read(): Promise<LeaseSight>;
  /** PUT that names `config.resourceVersion`, which the last read or write showed. Never rejects. */
  write(config: ShardConfig): Promise<WriteOutcome>;
}
