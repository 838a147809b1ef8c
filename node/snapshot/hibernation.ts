import { join } from 'node:path';
import type { SnapshotStatus } from '../../shared/admin/contract.ts';
import { createFile, openFile, type NewFile } from '../../shared/io/block-file.ts';
import type { Disk } from '../../shared/io/disk.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { Store } from '../engine/store.ts';
import type { SnapshotCounters } from './counters.ts';
import { type SnapshotEnd, type SnapshotHead } from './format.ts';
import type { SnapshotBugs } from './planted-bugs.ts';
import { readSnapshot } from './read-snapshot.ts';
import { pause, turn } from './turn.ts';
import { writeSnapshot } from './write-snapshot.ts';

export const snapshotName = 'shard.snapshot';

/** What hibernation needs of the node around it. */
export interface HibernationOptions {
  readonly ports: Ports;
  readonly log: Logger;
  readonly store: Store;
  readonly disk: Disk;
  /** The pod's volume. */
  readonly folder: string;
  readonly counters: SnapshotCounters;
  /** Who writes it, as of now. */
  readonly head: () => Omit<SnapshotHead, 'formatVersion' | 'id'>;
  /** Operations before all entries. */
  readonly first: () => Uint8Array;
  /** This node leads its shard and serves. */
  readonly leads: () => boolean;
  /** Moves of slots that this shard takes part in. */
  readonly moves: () => number;
  /** Every write that was taken is committed. */
  readonly settled: () => boolean;
  /** Clients' writes are refused, or taken again. */
  readonly freeze: (frozen: boolean) => void;
  readonly lease: {
    /** The Lease is to name this snapshot, or none (H1). */
    seal(snapshot: string | undefined): void;
    /** What it names. */
    readonly named: string | undefined;
    /** What it names, or may name since a change that is not settled (P11). */
    readonly possible: string | undefined;
  };
  readonly bugs?: SnapshotBugs;
}

export interface Hibernation {
  readonly status: SnapshotStatus | undefined;
  /** The shard's primary refuses writes, and keeps a snapshot, until it is told otherwise; asking again changes nothing. */
  hibernate(on: boolean): SnapshotStatus | undefined;
  stop(): void;
}

const pollMs = 10;
const movesPollMs = 200;
/** A snapshot that failed is not tried again before this: writes are refused for each try. */
const retryAfterMs = 30_000;
/** What a file takes beside the entries, generously. */
const roomBeside = 16 * 1024 * 1024;

class Unwanted extends Error {}

/**
 * The snapshot of a shard on its primary's volume, and the way back (docs/adr/0006-hibernate.md):
 *
 *   (nothing) ──hibernate──► committing ──► writing ──► verifying ──► sealing ──► complete
 *       ▲                        │ any fault: the file goes, writes are taken again ──► failed
 *       └──────thawing◄──────────┴── told otherwise, or leads no more
 *
 * Writes are refused from `committing` on. They are taken again only once the Lease certainly names no snapshot: so one that is on a disk and older than a write is never named.
 */
export function createHibernation(options: HibernationOptions): Hibernation {
  const { ports, log, store, disk, folder, lease, bugs } = options;
  const { clock, timers, random } = ports;
  const path = join(folder, snapshotName);
  let status: SnapshotStatus | undefined;
  let failedAtMs = -Infinity;
  /** The run that counts; an earlier one ends at its next look. */
  let run = 0;
  let busy: Promise<void> = Promise.resolve();
  let stopped = false;

  const show = (phase: SnapshotStatus['phase'], more: Partial<SnapshotStatus> = {}): void => {
    status = { phase, keys: status?.keys ?? 0, bytes: status?.bytes ?? 0, ...more };
  };

  async function until(holds: () => boolean, check: () => void, everyMs = pollMs): Promise<void> {
    for (check(); !holds(); check()) await pause(timers, everyMs);
  }

  async function keep(mine: number): Promise<void> {
    const check = (): void => {
      if (stopped || mine !== run) throw new Unwanted('not wanted any more');
      if (!options.leads()) throw new Unwanted('this node does not lead its shard any more');
    };
    const id = Buffer.from(random.bytes(16)).toString('hex');
    let file: NewFile | undefined;
    try {
      status = undefined;
      show('committing', { message: 'waits for the moves of its slots to end' });
      await until(() => options.moves() === 0, check, movesPollMs);
      await disk.remove(path);
      await requireRoom(disk, folder, store.usedBytes + roomBeside);
      if (bugs?.writesGoOn !== true) options.freeze(true);
      show('committing', { id, message: undefined });
      await until(options.settled, check);
      file = await createFile(disk, `${path}.partial`);
      show('writing');
      const begunMs = clock.monotonicMs();
      const end = await writeSnapshot({ store, clock, file, head: { formatVersion: 1, id, ...options.head() }, first: options.first(), check, turn: () => turn(timers), progress: (keys, bytes) => show('writing', { id, keys, bytes }) });
      await file.publish(path);
      show('verifying', { id, keys: end.entries, bytes: end.bytes });
      if (bugs?.sealedUnread !== true) await verify(disk, path, id, end, check);
      show('sealing', { id });
      lease.seal(id);
      await until(() => lease.named === id, check);
      options.counters.written += 1;
      show('complete', { id });
      log.info('the snapshot of the shard is complete', { id, keys: end.entries, bytes: end.bytes, tookMs: Math.round(clock.monotonicMs() - begunMs) });
    } catch (error) {
      await file?.abandon();
      await thaw();
      if (error instanceof Unwanted) status = undefined;
      else fail(error);
    }
  }

  function fail(error: unknown): void {
    options.counters.failed += 1;
    failedAtMs = clock.monotonicMs();
    status = { phase: 'failed', keys: 0, bytes: 0, message: sentenceOf(error) };
    log.error('the snapshot of the shard failed; the node goes on serving', { error });
  }

  /** Writes are taken again, once no Lease can name a snapshot that does not hold them. */
  async function thaw(): Promise<void> {
    if (options.leads() && lease.possible !== undefined) {
      show('thawing');
      lease.seal(undefined);
      while (!stopped && options.leads() && lease.possible !== undefined) await pause(timers, pollMs);
    }
    if (stopped) return;
    await disk.remove(path).catch((error: unknown) => log.warn('a snapshot that counts no more could not be removed', { error }));
    options.freeze(false);
  }

  return {
    get status() {
      return status;
    },
    hibernate(on) {
      const asleep = status !== undefined && status.phase !== 'failed' && status.phase !== 'thawing';
      if (on) {
        if (asleep || !options.leads() || clock.monotonicMs() - failedAtMs < retryAfterMs) return status;
        const mine = ++run;
        show('committing');
        busy = busy.then(() => keep(mine));
        return status;
      }
      failedAtMs = -Infinity;
      if (status?.phase === 'failed') status = undefined;
      if (!asleep) return status;
      const wasComplete = status?.phase === 'complete';
      run += 1;
      show('thawing');
      if (wasComplete) {
        busy = busy.then(thaw).then(() => {
          status = undefined;
        });
      }
      return status;
    },
    stop() {
      stopped = true;
    },
  };
}

async function requireRoom(disk: Disk, folder: string, bytes: number): Promise<void> {
  const free = await disk.freeBytes(folder);
  if (free < bytes) throw new Error(`the volume has ${megabytes(free)} MB free, and the snapshot may need ${megabytes(bytes)} MB`);
}

/** Read back from beginning to end, as a node that wakes will. */
async function verify(disk: Disk, path: string, id: string, written: SnapshotEnd, check: () => void): Promise<void> {
  const file = await openFile(disk, path);
  if (file === undefined) throw new Error('the snapshot is gone from the volume');
  try {
    const { head, end } = await readSnapshot(file, { head: () => undefined, operations: check });
    if (head.id !== id || end.entries !== written.entries || end.bytes !== written.bytes) throw new Error('the snapshot that is on the volume is not the one that was written');
  } finally {
    await file.close();
  }
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1024 / 1024);

function sentenceOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  const words = error instanceof Error ? error.message : String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return `the volume is full (${words})`;
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return `the volume cannot be written (${words})`;
  return words;
}
