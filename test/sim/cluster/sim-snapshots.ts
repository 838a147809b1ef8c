import { Applier } from '../../../node/copies/applier.ts';
import { op, UnitBuffer, UnitReader } from '../../../node/copies/unit-format.ts';
import { entryType, stringEncoding } from '../../../node/engine/entry-layout.ts';
import { Store } from '../../../node/engine/store.ts';
import type { LeaseSight } from '../../../node/lease/document.ts';
import { reportMoves } from '../../../node/moves/report.ts';
import { ledgerBytes } from '../../../node/moves/take-in.ts';
import type { Ledger } from '../../../node/replication/moves/ledger.ts';
import { createNodeContext, type ServerNodeContext } from '../../../node/server/create-node-context.ts';
import { createSnapshotKeeper, type SnapshotKeeper } from '../../../node/snapshot/keeper.ts';
import type { SnapshotBugs } from '../../../node/snapshot/planted-bugs.ts';
import { createStoreView } from '../../../node/store-view.ts';
import type { Region } from '../../../node/topology/region.ts';
import type { SnapshotStatus } from '../../../shared/admin/contract.ts';
import type { Disk } from '../../../shared/io/disk.ts';
import { silentLogger } from '../../../shared/log/log.ts';
import type { Ports } from '../../../shared/ports/ports.ts';
import { systemPorts } from '../../../shared/ports/system.ts';
import { oneNodeView } from '../../protocol/one-node-view.ts';
import { everyRef } from '../../copies/every-ref.ts';
import type { ShardNode } from '../moves/shard-node.ts';
import { slotOfKey } from '../moves/keys.ts';
import type { Op } from '../moves/slot-store.ts';

/** A pod's volume is mounted here. */
const dataFolder = '/data';
export const snapshotPath = `${dataFolder}/shard.snapshot`;

export interface SimSnapshotsOptions {
  readonly ports: Ports;
  readonly disk: Disk;
  readonly self: { readonly region: string; readonly shard: number; readonly pod: string; readonly incarnation: string };
  readonly node: () => ShardNode | undefined;
  readonly readLease: () => Promise<LeaseSight>;
  readonly emptyAfterMs: number;
  readonly bugs: SnapshotBugs;
}

export interface SimSnapshots {
  readonly keeper: SnapshotKeeper;
  readonly isFrozen: () => boolean;
  /** What the volume's snapshot brought back. */
  readonly held: () => { readonly id: string; readonly ops: readonly Op[] } | undefined;
  /** Its process is gone. */
  readonly end: () => void;
}

const nothing = new Uint8Array(0);
const spare: ServerNodeContext[] = [];

/** Making one takes longer than a whole run may: they are used again, empty. */
function takeContext(): ServerNodeContext {
  const found = spare.pop();
  if (found !== undefined) return found;
  const store = new Store({ seed: 0, random: systemPorts.random.unit });
  return createNodeContext({ ports: systemPorts, cluster: oneNodeView(0), store, storeView: createStoreView(store, () => 0) });
}

function giveBack(context: ServerNodeContext): void {
  context.store.flush();
  context.store.slotSequence.fill(0);
  context.frozen = false;
  spare.push(context);
}

/** The map of a simulated node, as a store of production's has it. */
function fill(context: ServerNodeContext, node: ShardNode): void {
  context.store.flush();
  context.store.slotSequence.fill(0);
  const unit = new UnitBuffer();
  for (const [key, { value, sequence }] of node.store.entries) {
    const [keyBytes, valueBytes] = [Buffer.from(key), Buffer.from(value)];
    unit.room(64 + keyBytes.length + valueBytes.length);
    unit.u8(op.adopt);
    unit.u16(slotOfKey(key));
    unit.f64(sequence);
    unit.f64(0);
    unit.u16(1);
    unit.u32(1);
    unit.u8(entryType.string);
    unit.u8(stringEncoding.raw);
    unit.u32(keyBytes.length);
    unit.u32(valueBytes.length);
    unit.raw(keyBytes, 0, keyBytes.length);
    unit.raw(valueBytes, 0, valueBytes.length);
  }
  for (const [slot, sequence] of node.store.sequences) {
    unit.room(16);
    unit.u8(op.reached);
    unit.u16(slot);
    unit.f64(sequence);
  }
  const bytes = unit.view();
  const reader = new UnitReader();
  reader.over(bytes, 0, bytes.length);
  const applier = new Applier(context, () => undefined);
  while (!reader.done) applier.applyOne(reader);
}

/** And back. */
function opsOf({ store }: ServerNodeContext, ledger: Ledger | undefined): readonly Op[] {
  const entries = Array.from(everyRef(store), (ref): Op => {
    store.open(ref);
    const { entryBytes, keyStart, keyLength, valueStart, valueLength } = store;
    const text = (from: number, length: number): string => Buffer.from(entryBytes.subarray(from, from + length)).toString();
    return { op: 'set', key: text(keyStart, keyLength), value: text(valueStart, valueLength), sequence: store.sequenceOf(ref) };
  });
  const sequences = Array.from(store.slotSequence, (sequence, slot): Op => ({ op: 'reached', slot, sequence })).filter((one) => one.op === 'reached' && one.sequence > 0);
  return [...(ledger === undefined ? [] : [{ op: 'ledger', ledger } as const]), ...entries, ...sequences];
}

/** Production's keeper of snapshots on a simulated volume, for one process. */
export function createSimSnapshots({ ports, disk, self, node, readLease, emptyAfterMs, bugs }: SimSnapshotsOptions): SimSnapshots {
  const context = takeContext();
  let ledger: Ledger | undefined;
  let over = false;
  const region = {
    get notServing() {
      return node()?.leads === true ? undefined : 'it does not lead';
    },
    get lease() {
      return node()?.member.state.config;
    },
    get map() {
      return node()?.map;
    },
    standBy: () => undefined,
  };
  const keeper = createSnapshotKeeper({
    ports, log: silentLogger, context, disk, folder: dataFolder, bugs, self: { clusterUid: 'simulated', ...self },
    region: () => region as unknown as Region,
    moves: {
      hooks: {
        head() {
          const source = node();
          if (source === undefined) return nothing;
          fill(context, source);
          return ledgerBytes(source.ledger);
        },
        ledger: (text) => void (ledger = JSON.parse(text) as Ledger),
      },
      status: () => ({ moves: node()?.leads === true ? reportMoves((node() as ShardNode).mover.state) : [] }),
    },
    lease: { read: readLease },
    readNamespaces: () => Promise.resolve(undefined),
    emptyAfterMs: () => emptyAfterMs,
    writer() {
      const writer = node();
      return writer && { seal: writer.seal, sealed: writer.member.sealed(), settled: writer.settled };
    },
  });
  return {
    keeper,
    isFrozen: () => context.frozen === true,
    held: () => keeper.held && { id: keeper.held.id, ops: opsOf(context, ledger) },
    end() {
      if (over) return;
      over = true;
      // What is under way on it would go on under the next one's feet.
      const { status } = keeper;
      keeper.stop();
      if (status === undefined || status.phase === 'complete') giveBack(context);
    },
  };
}

/** As production's status has it. */
export function snapshotOf(snapshots: SimSnapshots | undefined, node: ShardNode): SnapshotStatus | undefined {
  const { config } = node.member.state;
  if (snapshots?.keeper.status !== undefined) return snapshots.keeper.status;
  if (config?.sealed === undefined || config.primary !== node.name || node.leads) return undefined;
  return { phase: 'refused', id: config.sealed, keys: 0, bytes: 0, message: 'the snapshot that the Lease names is not on the volume' };
}
