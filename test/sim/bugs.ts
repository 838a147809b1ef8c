import type { BugName } from '../../node/replication/planted-bugs.ts';
import type { ProfileName } from './shard/faults.ts';

/** Where each planted bug is caught: the profile of faults that permits its interleaving, and within how many seeds (from 1) a checker notices. */
export interface Trap {
  readonly rule: string;
  readonly profile: ProfileName;
  readonly withinSeeds: number;
}

export const traps: Readonly<Partial<Record<BugName, Trap>>> = {};
