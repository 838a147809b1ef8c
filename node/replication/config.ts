/**
 * The shard's configuration as its Lease has it (B3): who leads, who is in sync. Changed only by compare-and-swap; ordered by (epoch, revision), so that
 * no node ever obeys one older than it has seen (P4).
 */
export interface ShardConfig {
  /** Opaque version of the Lease object, named by the next compare-and-swap. */
  readonly resourceVersion: string;
  /** A Lease that was deleted and made again has another UID and counts as a higher epoch. */
  readonly leaseUid: string;
  readonly epoch: number;
  /** Raised by one with every change. */
  readonly revision: number;
  readonly primary: string | undefined;
  /** In-sync members, the primary included. */
  readonly isr: readonly string[];
  /** Member → incarnation (P5); for members of the ISR. */
  readonly incarnations: Readonly<Record<string, string>>;
  /** Member → pod UID; a new incarnation under the same UID proves the old one dead (B2). */
  readonly podUids: Readonly<Record<string, string>>;
  /** The node outside the shard whose acknowledgements a primary needs while it is alone (P2). */
  readonly witness: string | undefined;
  /**
   * Snapshot that holds all of the shard, on the primary's volume; it has acknowledged no write since. While it stands, nobody else may take the shard, and every change that
   * lets anybody write again drops it (H1).
   */
  readonly sealed?: string;
  /**
   * Nobody had served in this epoch when this was written. An earlier primary may still answer: as long as the members that it shares with this configuration let it, or, where
   * it was alone, the witness. Who takes over from a primary that never served waits for that itself (P3); the next change by one that serves drops it.
   */
  readonly unopened?: 'members' | 'witness';
  /** Random; says whose compare-and-swap won (P11). */
  readonly nonce: string;
}

export const isNewer = (a: ShardConfig, b: ShardConfig | undefined): boolean => b === undefined || a.epoch > b.epoch || (a.epoch === b.epoch && a.revision > b.revision);

/** What a proposal changes; the rest is carried over from the configuration that it replaces. */
export interface ConfigChange {
  readonly epoch: number;
  readonly primary: string | undefined;
  readonly isr: readonly string[];
  readonly incarnations: Readonly<Record<string, string>>;
  readonly podUids: Readonly<Record<string, string>>;
  readonly witness?: string;
  /** Never carried over by itself. */
  readonly sealed?: string;
  /** Likewise. */
  readonly unopened?: ShardConfig['unopened'];
}

/** The configuration a compare-and-swap asks for; `resourceVersion` stays that of the one it names until the answer gives the new one. */
export function proposal(base: ShardConfig, change: ConfigChange, nonce: string): ShardConfig {
  const only = (record: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(change.isr.filter((member) => record[member] !== undefined).map((member) => [member, record[member]]));
  return {
    resourceVersion: base.resourceVersion,
    leaseUid: base.leaseUid,
    epoch: change.epoch,
    revision: base.revision + 1,
    primary: change.primary,
    isr: change.isr,
    incarnations: only(change.incarnations),
    podUids: only(change.podUids),
    witness: change.witness ?? base.witness,
    ...(change.sealed === undefined ? {} : { sealed: change.sealed }),
    ...(change.unopened === undefined ? {} : { unopened: change.unopened }),
    nonce,
  };
}
