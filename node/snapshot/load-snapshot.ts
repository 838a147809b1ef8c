import type { ReadFile } from '../../shared/io/block-file.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { NodeContext } from '../commands/node-context.ts';
import { Applier } from '../copies/applier.ts';
import { BadUnit, op, UnitReader } from '../copies/unit-format.ts';
import type { Store } from '../engine/store.ts';
import { SnapshotRefused, type SnapshotHead } from './format.ts';
import { readSnapshot } from './read-snapshot.ts';
import { turn } from './turn.ts';

const sliceMs = 3;
const opsBetweenClocks = 32;

export interface LoadTask {
  readonly ports: Pick<Ports, 'clock' | 'timers'>;
  readonly context: NodeContext;
  readonly file: ReadFile;
  /** Throws SnapshotRefused when it is not the snapshot that is meant. */
  readonly head: (head: SnapshotHead) => void;
  readonly onLedger: (text: string) => void;
  readonly progress: (entries: number, bytes: number) => void;
  /** Throws when the node stops. */
  readonly check: () => void;
}

/**
 * Fills the empty store of a node that serves nothing yet. All or nothing: when it throws, the store is empty again. No rule of a namespace is applied to what comes and nothing is
 * expired or evicted meanwhile: it is all as it was written.
 */
export async function loadSnapshot(task: LoadTask): Promise<{ readonly head: SnapshotHead; readonly entries: number; readonly bytes: number }> {
  const { store } = task.context;
  const { clock, timers } = task.ports;
  const applier = new Applier(task.context, task.onLedger);
  const reader = new UnitReader();
  let entries = 0;
  let bytes = 0;
  const { replica, limitBytes } = store;
  store.replica = true;
  store.limitBytes = 0;
  let done = false;
  try {
    const { head, end } = await readSnapshot(task.file, {
      head: task.head,
      async operations(block) {
        reader.over(block, 0, block.length);
        let untilMs = clock.monotonicMs() + sliceMs;
        for (let count = 1; !reader.done; count++) {
          const kind = block[reader.at];
          if (kind === op.adopt || kind === op.adoptDump) entries += 1;
          applier.applyOne(reader);
          if (count % opsBetweenClocks !== 0 || clock.monotonicMs() < untilMs) continue;
          await turn(timers);
          untilMs = clock.monotonicMs() + sliceMs;
        }
        bytes += block.length;
        task.check();
        task.progress(entries, bytes);
        await turn(timers);
      },
    });
    if (end.entries !== entries) throw new SnapshotRefused('damaged', `it has ${entries} keys where its end says ${end.entries}`);
    done = true;
    return { head, entries, bytes };
  } catch (error) {
    // Its checksums are right: it was written by a version whose operations this one does not know.
    if (error instanceof BadUnit) throw new SnapshotRefused('version', error.message);
    throw error;
  } finally {
    if (!done) store.flush();
    store.replica = replica;
    store.limitBytes = limitBytes;
  }
}

/** Namespaces that were deleted with their keys while the shard slept: what the snapshot brought back of them goes. */
export async function dropNamespaces(store: Store, names: readonly string[], ports: Pick<Ports, 'timers'>): Promise<number> {
  if (names.length === 0) return 0;
  const prefixes = names.map((name) => Buffer.from(`${name}:`));
  const refs: number[] = [];
  let dropped = 0;
  let steps = 0;
  let cursor = 0;
  do {
    refs.length = 0;
    cursor = store.scanStep(cursor, refs);
    const keys = refs.map((ref) => {
      store.open(ref);
      return { slot: store.slotOf(ref), key: Buffer.from(store.entryBytes.subarray(store.keyStart, store.keyStart + store.keyLength)) };
    });
    for (const { slot, key } of keys) if (prefixes.some((prefix) => key.subarray(0, prefix.length).equals(prefix)) && store.remove(key, 0, key.length, slot, store.hashKey(key, 0, key.length), 0)) dropped += 1;
    if (++steps % opsBetweenClocks === 0) await turn(ports.timers);
  } while (cursor !== 0);
  return dropped;
}
