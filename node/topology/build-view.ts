import type { OwnershipMap } from '../../shared/kube/documents.ts';
import { servingShards, type Ledger } from '../replication/moves/ledger.ts';
import { slotCount } from '../../shared/slots/crc16.ts';
import { nodeIdOf, type MemberRecord } from './member.ts';
import type { ClusterView, MemberView } from './view.ts';

export interface ViewInput {
  readonly clusterUid: string;
  readonly announce: 'ip' | 'hostname';
  /** The node itself first. */
  readonly records: readonly MemberRecord[];
  readonly map: OwnershipMap | undefined;
  /** What this node's shard has logged of its moves (B9). */
  readonly ledger?: Ledger | undefined;
  /** This node is the primary of its shard under a committed Lease and may answer now. */
  readonly serving: boolean;
}

/** The immutable picture that commands see, from what is known now. Pure. */
export function buildView(input: ViewInput): ClusterView {
  const { records, map } = input;
  const present = records.filter((record, index) => index === 0 || record.state !== 'left');
  const leaders = leadersOf(present);
  const shown = present.filter((record, index) => index === 0 || record.leaving !== true || leaders.get(record.shard) === record);
  const members = shown.map((record) => memberView(input, record, leaders.get(record.shard) === record));
  const primaries = new Map(members.filter((member) => member.role === 'primary').map((member) => [member.shard, member]));
  const [self] = members;
  const { shardOfSlot, rangesByShard } = spread(servingShards(map, input.ledger, self.shard));
  const servedHere = new Uint8Array(slotCount);
  if (input.serving) for (const [from, to] of rangesByShard.get(self.shard) ?? []) servedHere.fill(1, from, to + 1);
  return {
    epoch: epochOf(map, leaders),
    self,
    members,
    shardOfSlot,
    servedHere,
    primaryOf: (shard) => primaries.get(shard),
    rangesOf: (shard) => rangesByShard.get(shard) ?? [],
    complete: shardOfSlot.every((shard) => shard >= 0 && primaries.has(shard)),
  };
}

/** Per shard the member that leads it under the highest epoch; one that failed stays it until another says that it leads. */
function leadersOf(records: readonly MemberRecord[]): ReadonlyMap<number, MemberRecord> {
  const leaders = new Map<number, MemberRecord>();
  for (const record of records) {
    if (record.role === 'primary' && record.epoch > (leaders.get(record.shard)?.epoch ?? 0)) leaders.set(record.shard, record);
  }
  return leaders;
}

/** More than the epochs of all shards together: a shard that goes takes its epoch out of the sum, after the map's version rose. */
const epochsPerMap = 1e7;

/** Rises with each change of ownership and each promotion, whoever looks: the map's version and all epochs only rise. */
function epochOf(map: OwnershipMap | undefined, leaders: ReadonlyMap<number, MemberRecord>): number {
  let epoch = (map?.version ?? 0) * epochsPerMap;
  for (const leader of leaders.values()) epoch += leader.epoch;
  return epoch;
}

function spread(shardOfSlot: Int16Array): { readonly shardOfSlot: Int16Array; readonly rangesByShard: ReadonlyMap<number, readonly (readonly [number, number])[]> } {
  const rangesByShard = new Map<number, [number, number][]>();
  for (let slot = 0, from = 0; slot < slotCount; slot++) {
    if (slot + 1 < slotCount && shardOfSlot[slot + 1] === shardOfSlot[slot]) continue;
    const shard = shardOfSlot[slot];
    if (shard >= 0) rangesByShard.set(shard, [...(rangesByShard.get(shard) ?? []), [from, slot]]);
    from = slot + 1;
  }
  return { shardOfSlot, rangesByShard };
}

function memberView(input: ViewInput, record: MemberRecord, leads: boolean): MemberView {
  const { pod, shard, ip, hostname, redisPort, httpPort, busPort } = record;
  return {
    id: nodeIdOf(input.clusterUid, pod),
    pod,
    shard,
    role: leads ? 'primary' : 'replica',
    health: record.state !== 'alive' ? 'failed' : leads || (record.role === 'replica' && record.leaving !== true) ? 'online' : 'loading',
    host: input.announce === 'hostname' ? hostname : ip,
    ip,
    hostname,
    redisPort,
    httpPort,
    busPort,
    replicationOffset: 0,
  };
}
