import { join } from 'node:path';
import type { SnapshotStatus } from '../../shared/admin/contract.ts';
import { openFile } from '../../shared/io/block-file.ts';
import type { Disk } from '../../shared/io/disk.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { NodeContext } from '../commands/node-context.ts';
import type { LeaseSight } from '../lease/document.ts';
import type { ShardConfig } from '../replication/config.ts';
import { countRefusal, type SnapshotCounters } from './counters.ts';
import { SnapshotRefused, type SnapshotHead } from './format.ts';
import { snapshotName } from './hibernation.ts';
import { dropNamespaces, loadSnapshot } from './load-snapshot.ts';
import type { SnapshotBugs } from './planted-bugs.ts';
import { pause } from './turn.ts';

export interface WakingOptions {
  readonly ports: Ports;
  readonly log: Logger;
  readonly context: NodeContext;
  readonly disk: Disk;
  readonly folder: string;
  readonly counters: SnapshotCounters;
  readonly self: Pick<SnapshotHead, 'clusterUid' | 'region' | 'shard' | 'pod'>;
  /** Quorum read of the shard's Lease; rejects when there is no answer. */
  readonly readLease: () => Promise<LeaseSight>;
  /** uids of namespaces that were deleted with their keys; rejects when that cannot be known now. */
  readonly readRetired: () => Promise<ReadonlySet<string>>;
  /** What cannot be read now is tried again for so long. */
  readonly patienceMs: () => number;
  readonly onLedger: (text: string) => void;
  readonly onStatus: (status: SnapshotStatus) => void;
  readonly bugs?: SnapshotBugs;
}

/** What the store of this node was filled from. */
export interface Held {
  readonly id: string;
  readonly shardMs: number;
}

export interface Waking {
  /** Resolves with what the store holds now; undefined: nothing. */
  readonly held: Promise<Held | undefined>;
  stop(): void;
}

const retryMs = 500;
const refusedName = `${snapshotName}.refused`;

class Stopped extends Error {}

/** True: there is something to be looked at before the node takes its place in the shard. */
export const mayWake = (disk: Disk, folder: string): boolean => disk.exists(join(folder, snapshotName));

/**
 * A start with a snapshot on the volume. It is loaded only where the Lease names it, and this pod, now: any other one is older than what the shard has acknowledged since, and is
 * removed. One that is named and cannot be used is refused as a whole, counted and put aside.
 */
export function wake(options: WakingOptions): Waking {
  const { ports, log, disk, folder } = options;
  const path = join(folder, snapshotName);
  let stopped = false;
  const check = (): void => {
    if (stopped) throw new Stopped();
  };

  async function again<T>(what: string, ask: () => Promise<T>): Promise<T> {
    for (;;) {
      check();
      try {
        return await ask();
      } catch (error) {
        log.warn(`${what} could not be read`, { error: error instanceof Error ? error.message : String(error) });
        await pause(ports.timers, retryMs);
      }
    }
  }

  async function hold(): Promise<Held | undefined> {
    const sight = await again('the Lease of the shard', options.readLease);
    const config = sight.kind === 'config' ? sight.config : undefined;
    // A Lease that is missing or makes no sense may come to name it: the file stays where it is.
    if (config === undefined) return undefined;
    if (config.sealed === undefined || config.primary !== options.self.pod) {
      countRefusal(options.counters, 'stale');
      log.warn('the snapshot on the volume is older than what the shard has taken since: it is removed', { epoch: config.epoch });
      await disk.remove(path).catch((error: unknown) => log.warn('it could not be removed', { error }));
      return undefined;
    }
    return await loadPatiently({ ...config, sealed: config.sealed });
  }

  /** The medium may come back; what is damaged stays damaged. */
  async function loadPatiently(config: ShardConfig & { readonly sealed: string }): Promise<Held | undefined> {
    const untilMs = ports.clock.monotonicMs() + options.patienceMs();
    for (;;) {
      try {
        return await load(config);
      } catch (error) {
        check();
        const refused = error instanceof SnapshotRefused ? error : new SnapshotRefused('unreadable', `the volume cannot be read (${error instanceof Error ? error.message : String(error)})`);
        options.onStatus({ phase: 'refused', id: config.sealed, keys: 0, bytes: 0, message: refused.message });
        if (refused.reason === 'unreadable' && ports.clock.monotonicMs() < untilMs) {
          await pause(ports.timers, retryMs);
          continue;
        }
        countRefusal(options.counters, refused.reason);
        log.error('the snapshot of the shard is refused; nothing of it is loaded', { reason: refused.reason, detail: refused.message, id: config.sealed });
        await disk.rename(path, join(folder, refusedName)).catch((cause: unknown) => log.warn('it could not be put aside', { error: cause }));
        return undefined;
      }
    }
  }

  async function load(config: ShardConfig & { readonly sealed: string }): Promise<Held> {
    const { context, self } = options;
    const file = await openFile(disk, path);
    if (file === undefined) throw new SnapshotRefused('missing', 'it is not on the volume any more');
    const begunMs = ports.clock.monotonicMs();
    const progress = (keys: number, bytes: number): void => options.onStatus({ phase: 'loading', id: config.sealed, keys, bytes });
    progress(0, 0);
    try {
      const { head, entries, bytes } = await loadSnapshot({ ports, context, file, onLedger: options.onLedger, progress, check, head: (found) => (options.bugs?.anySnapshotTaken === true ? undefined : requireNamed(found, config, self)) });
      const retired = head.namespaces.length === 0 ? new Set<string>() : await again('the namespaces', options.readRetired);
      const dropped = await dropNamespaces(context.store, head.namespaces.filter(({ uid }) => retired.has(uid)).map(({ name }) => name), ports);
      log.info('loaded the snapshot of the shard', { id: head.id, keys: entries, bytes, dropped, tookMs: Math.round(ports.clock.monotonicMs() - begunMs) });
      return { id: config.sealed, shardMs: head.shardMs };
    } finally {
      await file.close();
    }
  }

  return {
    held: hold().catch((error: unknown) => {
      if (!(error instanceof Stopped)) throw error;
      return undefined;
    }),
    stop() {
      stopped = true;
    },
  };
}

/** The Lease names one snapshot of one life of one primary. */
function requireNamed(head: SnapshotHead, config: ShardConfig & { readonly sealed: string }, self: WakingOptions['self']): void {
  if (head.clusterUid !== self.clusterUid || head.region !== self.region || head.shard !== self.shard || head.pod !== self.pod) {
    throw new SnapshotRefused('foreign', `it is of shard ${head.shard} of region ${head.region}, written by ${head.pod} for cluster ${head.clusterUid}`);
  }
  if (head.id !== config.sealed || head.epoch !== config.epoch || head.incarnation !== config.incarnations[self.pod]) {
    throw new SnapshotRefused('stale', `it is snapshot ${head.id} of epoch ${head.epoch}, and the Lease names ${config.sealed} of epoch ${config.epoch}`);
  }
}
