/** Switches of the planted-bug suite about snapshots: each turns one part of H1 off (docs/adr/0006-hibernate.md). Production passes none; only test/sim does. */
export const snapshotBugNames = ['writesGoOn', 'sealedUnread', 'anySnapshotTaken'] as const;

export type SnapshotBugName = (typeof snapshotBugNames)[number];
export type SnapshotBugs = Readonly<Partial<Record<SnapshotBugName, boolean>>>;
