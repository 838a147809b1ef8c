import type { BugName } from '../../node/replication/planted-bugs.ts';
import { noBugs } from '../../node/replication/planted-bugs.ts';
import { scripts, type ScriptName } from './scripts/scripts.ts';
import { profiles, type ProfileName } from './shard/faults.ts';
import { runShard, type RunResult } from './shard/run.ts';

/** Where a planted bug is caught: the profile of faults, or the script, that permits its interleaving, and within how many seeds (from 1) a checker notices. */
export interface Trap {
  readonly rule: string;
  /** What goes wrong when the rule does not hold. */
  readonly harm: string;
  readonly profile?: ProfileName;
  readonly script?: ScriptName;
  /** 1, or where the search begins. */
  readonly fromSeed?: number;
  readonly withinSeeds: number;
}

export const traps: Readonly<Record<BugName, Trap>> = {
  promotionWithoutIsr: { rule: 'P1', harm: 'a member outside the in-sync set leads without what was acknowledged', profile: 'lostSwaps', withinSeeds: 15 },
  commitWithoutAll: { rule: 'P1', harm: 'one acknowledgement of several is taken for all', profile: 'unequal', withinSeeds: 5 },
  ackBeforeReplicate: { rule: 'P1', harm: 'a write is acknowledged before anybody else has it', profile: 'unequal', withinSeeds: 5 },
  staleLeaseRead: { rule: 'P2', harm: 'a primary cut off answers reads for ever', profile: 'leaseEdgeOfTwo', withinSeeds: 40 },
  heartbeatFromReceipt: { rule: 'P2', harm: 'the lease counts from when the acknowledgement came, not from when the heartbeat was sent', script: 'slowAnswers', withinSeeds: 10 },
  loneWithoutWitness: { rule: 'P2', harm: 'a primary alone in the in-sync set serves without anybody who would know', profile: 'alone', withinSeeds: 40 },
  aloneUnheard: { rule: 'P2', harm: 'a primary that no node answers takes its copies out, and then nobody can serve', script: 'isolatedWithTheLease', withinSeeds: 5 },
  silenceFromCas: { rule: 'P3', harm: 'silence is measured when the swap is sent, not when serving begins', script: 'wakesDuringTheSwap', withinSeeds: 12 },
  unopenedForgotten: { rule: 'P3', harm: 'what a primary that died before it served had to wait for is taken as done', script: 'takerDiesUnheard', withinSeeds: 5 },
  noFencing: { rule: 'P4', harm: 'units of an older epoch are taken', script: 'lateUnits', withinSeeds: 5 },
  acksPerAddress: { rule: 'P4', harm: 'an empty incarnation counts as the member whose name it has', profile: 'emptied', withinSeeds: 10 },
  obeysOlderConfig: { rule: 'P4', harm: 'a Lease older than one that was seen is obeyed', script: 'lateRead', withinSeeds: 5 },
  commitsBeforeObeying: { rule: 'P4', harm: 'the read that ends a swap lets writes be acknowledged before the newer Lease that it shows is obeyed', script: 'joinerOutlivesTheEpoch', withinSeeds: 5 },
  emptyNodePromoted: { rule: 'P5', harm: 'an empty node takes the shard while a copy lives', script: 'emptyBesideSleeper', withinSeeds: 5 },
  olderProvesDeath: { rule: 'P5', harm: 'an incarnation that came before the one in the Lease proves it dead', script: 'lastWordsOfAnOlder', withinSeeds: 5 },
  tailNotConfirmed: { rule: 'P6', harm: 'logs are compared by length alone', profile: 'unequal', withinSeeds: 12 },
  shortestTail: { rule: 'P6', harm: 'a new primary cuts its log to what it knew to be committed', profile: 'unequal', withinSeeds: 5 },
  serveBeforeApply: { rule: 'P1', harm: 'a promoted member serves before it has executed what it holds', profile: 'unequal', withinSeeds: 5 },
  replyUncommittedRead: { rule: 'P7', harm: 'a read shows a write that is not committed', profile: 'unequal', withinSeeds: 20 },
  earlyTombstoneDrop: { rule: 'P7', harm: 'a read that finds nothing does not wait for the delete', profile: 'deletes', withinSeeds: 40 },
  replicaReadsUncommitted: { rule: 'P7', harm: 'a replica shows what is not committed', profile: 'replicaReads', withinSeeds: 40 },
  halfAnExec: { rule: 'P8', harm: 'the commands of an EXEC travel as several units', profile: 'unequal', withinSeeds: 5 },
  mapNotRead: { rule: 'P9', harm: 'a new primary serves before it has read who owns which slots', profile: 'mixed', withinSeeds: 1 },
  minInSyncIgnored: { rule: 'P10', harm: 'writes are taken with fewer copies than asked for', profile: 'unequal', withinSeeds: 10 },
  casTakenAsFailed: { rule: 'P11', harm: 'a swap whose answer was lost is taken for failed', script: 'unheardAddition', withinSeeds: 5 },
  lostCasConflict: { rule: 'P11', harm: 'a read that still shows the old Lease is taken for the end of a swap under way', script: 'lateAddition', withinSeeds: 5 },
  joinerCountedLate: { rule: 'P11', harm: 'a joiner counts only when its swap is known to have won', profile: 'lostSwaps', fromSeed: 80, withinSeeds: 20 },
  removedBeforeSettled: { rule: 'P11', harm: 'a member that is being taken out counts no more before that is certain', profile: 'lostSwapsOfThree', withinSeeds: 15 },
  halfOpenDataPath: { rule: 'P12', harm: 'a member that answers heartbeats and takes no units stops all writes', profile: 'halfOpen', withinSeeds: 5 },
  contentWithHeartbeats: { rule: 'P12', harm: 'a member that was taken in and out before it heard of either is content with heartbeats', script: 'lateWelcome', withinSeeds: 5 },
  servesAfterResign: { rule: 'P13', harm: 'a primary that has resigned goes on serving', profile: 'handOver', withinSeeds: 5 },
  resignIgnored: { rule: 'P13', harm: 'a successor waits for silence although the primary has resigned', profile: 'handOver', withinSeeds: 5 },
  snapshotWithoutTail: { rule: 'P14', harm: 'changes behind the scan are not sent', profile: 'snapshots', withinSeeds: 5 },
  snapshotWithoutDiscard: { rule: 'P14', harm: 'a full copy is laid over what was there', profile: 'snapshots', withinSeeds: 20 },
  replicaEvicts: { rule: 'P15', harm: 'a replica evicts by itself', profile: 'unequal', withinSeeds: 10 },
  expiryByReplicaClock: { rule: 'P16', harm: 'a replica deletes by its own wall clock', profile: 'clocks', withinSeeds: 20 },
  lateTimeTaken: { rule: 'P16', harm: 'what a primary said before its copy slept is taken for the time at its waking', script: 'sleepsThroughTheEnd', withinSeeds: 5 },
  dotReuse: { rule: 'V1', harm: 'a new primary writes under the dots of the old one', profile: 'unequal', withinSeeds: 5 },
};

/** Runs seeds from 1 until a checker notices; the seed that did, and what it said. */
export function catchBug(name: BugName, limit: number = traps[name].withinSeeds): { readonly seed: number; readonly violation: string } | undefined {
  const trap = traps[name];
  const from = trap.fromSeed ?? 1;
  for (let seed = from; seed < from + limit; seed++) {
    const result = runTrap(trap, seed, name);
    if (result.violations.length > 0) return { seed, violation: result.violations[0] };
  }
  return undefined;
}

function runTrap(trap: Trap, seed: number, bug?: BugName): RunResult {
  const bugs = bug === undefined ? noBugs : { ...noBugs, [bug]: true };
  if (trap.script !== undefined) return runShard({ seed, bugs, profile: scripts[trap.script].profile, script: scripts[trap.script].run });
  return runShard({ seed, bugs, profile: trap.profile === undefined ? undefined : profiles[trap.profile] });
}
