/**
 * Switches of the planted-bug suite: each turns one rule of the protocol off, and the checkers must notice. Production passes
 * `noBugs`, which is frozen and all false; only test/sim builds another.
 */
export const bugNames = [
  'promotionWithoutIsr', 'commitWithoutAll', 'ackBeforeReplicate', 'staleLeaseRead', 'heartbeatFromReceipt', 'loneWithoutWitness', 'aloneUnheard', 'silenceFromCas', 'unopenedForgotten', 'noFencing', 'acksPerAddress', 'obeysOlderConfig', 'commitsBeforeObeying',
  'emptyNodePromoted', 'olderProvesDeath', 'tailNotConfirmed', 'shortestTail', 'serveBeforeApply', 'replyUncommittedRead', 'earlyTombstoneDrop', 'replicaReadsUncommitted', 'halfAnExec', 'mapNotRead', 'minInSyncIgnored',
  'casTakenAsFailed', 'lostCasConflict', 'joinerCountedLate', 'removedBeforeSettled', 'halfOpenDataPath', 'contentWithHeartbeats', 'servesAfterResign', 'resignIgnored', 'snapshotWithoutTail', 'snapshotWithoutDiscard',
  'replicaEvicts', 'expiryByReplicaClock', 'lateTimeTaken', 'dotReuse',
] as const;

export type BugName = (typeof bugNames)[number];
export type PlantedBugs = Readonly<Record<BugName, boolean>>;

export const noBugs: PlantedBugs = Object.freeze(Object.fromEntries(bugNames.map((name) => [name, false])) as Record<BugName, boolean>);
