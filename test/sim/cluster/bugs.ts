import { snapshotBugNames, type SnapshotBugName } from '../../../node/snapshot/planted-bugs.ts';
import { operatorBugNames, type OperatorBugName } from '../../../operator/cluster/planted-bugs.ts';
import { runCluster, type ClusterProfile } from './run.ts';
import { clusterScripts, type ClusterScriptName } from './scripts.ts';

export const clusterBugNames = [...operatorBugNames, ...snapshotBugNames] as const;
export type ClusterBugName = OperatorBugName | SnapshotBugName;

/** Where a planted bug of the operator, or about snapshots, is caught, and within how many seeds. */
interface ClusterTrap {
  /** What goes wrong when the rule does not hold. */
  readonly harm: string;
  readonly profile?: Omit<ClusterProfile, 'name'>;
  readonly script?: ClusterScriptName;
  /** 1, or where the search begins. */
  readonly fromSeed?: number;
  readonly withinSeeds: number;
}

const rolls = { faults: [], deeds: ['image'], shards: 2, regions: 1 } as const;
const reshards = { faults: [], deeds: ['shards'], regions: 1, bytesPerSecond: '200' } as const;

const sleeps = { faults: [], deeds: ['hibernate'], deedEveryMs: 6_000, storage: true, shards: 2, regions: 1 } as const;

export const clusterTraps: Readonly<Record<ClusterBugName, ClusterTrap>> = {
  removedWithSlots: { harm: 'a shard goes while slots are still its own', profile: reshards, withinSeeds: 3 },
  removedUnasked: { harm: 'a shard goes while its nodes still have something of a move', profile: reshards, fromSeed: 8, withinSeeds: 5 },
  halfAShardIsEnough: { harm: 'the next pod of a roll is taken before the copies of the last are in sync', profile: rolls, withinSeeds: 3 },
  allRegionsAtOnce: { harm: 'shards of all regions are rolled together', profile: { ...rolls, regions: 2 }, withinSeeds: 3 },
  primaryTaken: { harm: 'a primary is evicted without handing over', profile: rolls, withinSeeds: 3 },
  primaryScaledAway: { harm: 'copies are taken away with the primary among them', profile: { faults: ['deletePod', 'killPrimary'], faultEveryMs: 1_500, deeds: ['replicas'], deedEveryMs: 3_000, regions: 1, shards: 2 }, fromSeed: 9, withinSeeds: 12 },
  staleApprovalAccepted: { harm: 'the approval of one plan starts another', script: 'approvedOtherPlan', withinSeeds: 1 },
  cancelForgetsRegion: { harm: 'a cancelled plan goes on in the second region', script: 'cancelledUnderWay', withinSeeds: 1 },
  cancelOnlyBeforeStart: { harm: 'a plan that has begun cannot be cancelled', script: 'cancelledUnderWay', withinSeeds: 1 },
  rollsAllBegun: { harm: 'all shards that have begun with a new template are rolled together', profile: { faults: [], deeds: ['image', 'replicas', 'pauseRollout'], deedEveryMs: 1_000, shards: 3, regions: 1 }, fromSeed: 3, withinSeeds: 3 },
  stopsUnkept: { harm: 'pods of a shard stop while the snapshot of another is not kept yet', profile: { ...sleeps, faults: ['diskFull', 'diskSlow'] }, withinSeeds: 5 },
  writesGoOn: { harm: 'writes are taken while a snapshot is being kept', profile: sleeps, withinSeeds: 3 },
  sealedUnread: { harm: 'the Lease names a snapshot that nobody has read back', profile: { ...sleeps, faults: ['diskTorn'] }, withinSeeds: 5 },
  anySnapshotTaken: { harm: 'a volume that was put back to an older state is begun with', script: 'volumePutBack', withinSeeds: 1 },
  epochForgotten: { harm: 'a shard that comes again begins below the epochs that it had', script: 'comesAgain', withinSeeds: 1 },
};

const trapMs = 15_000;

/** Runs a trap with its bug. */
export async function runClusterTrap(name: ClusterBugName, seed: number, trace = false): ReturnType<typeof runCluster> {
  const { profile, script } = clusterTraps[name];
  const bugs = { [name]: true };
  if (script !== undefined) return await runCluster({ seed, bugs, trace, stopWhenBroken: true, profile: clusterScripts[script].profile, script: clusterScripts[script].run });
  return await runCluster({ seed, bugs, trace, stopWhenBroken: true, profile: { name, ...profile }, durationMs: trapMs });
}

/** Runs seeds until a judge notices. */
export async function catchClusterBug(name: ClusterBugName): Promise<{ readonly seed: number; readonly violation: string } | undefined> {
  const { fromSeed = 1, withinSeeds } = clusterTraps[name];
  for (let seed = fromSeed; seed < fromSeed + withinSeeds; seed++) {
    const { violations } = await runClusterTrap(name, seed);
    if (violations.length > 0) return { seed, violation: violations[0] };
  }
  return undefined;
}
