/** Switches of the planted-bug suite about the operator: each turns one of its rules off. Production's settings have none; only test/sim builds them. */
export const operatorBugNames = [
  'removedWithSlots', 'removedUnasked', 'halfAShardIsEnough', 'allRegionsAtOnce', 'primaryTaken', 'primaryScaledAway', 'rollsAllBegun', 'staleApprovalAccepted', 'cancelForgetsRegion', 'cancelOnlyBeforeStart',
  'epochForgotten', 'stopsUnkept',
] as const;

export type OperatorBugName = (typeof operatorBugNames)[number];
export type OperatorBugs = Readonly<Partial<Record<OperatorBugName, boolean>>>;
