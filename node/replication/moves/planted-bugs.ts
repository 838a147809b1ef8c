/** Switches of the planted-bug suite about moves: each turns one rule of B9 off. Production passes `noMoveBugs`; only test/sim builds another. */
export const moveBugNames = [
  'releaseBeforeOrder', 'releaseNotCommitted', 'serveOnOrder', 'writesNotPaused', 'changesNotForwarded', 'stagingNotReplicated', 'dropBeforeOpened', 'stagingKept', 'conflictTakenAsOrder', 'releaseForgotten',
  'emptiedSourceServes', 'sequenceNotCarried', 'targetBeforeDropped', 'foreignSessionOpened',
] as const;

export type MoveBugName = (typeof moveBugNames)[number];
export type MoveBugs = Readonly<Record<MoveBugName, boolean>>;

export const noMoveBugs: MoveBugs = Object.freeze(Object.fromEntries(moveBugNames.map((name) => [name, false])) as Record<MoveBugName, boolean>);
