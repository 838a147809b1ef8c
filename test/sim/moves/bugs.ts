import { noMoveBugs, type MoveBugName } from '../../../node/replication/moves/planted-bugs.ts';
import { runMoves, type MoveFault } from './run.ts';
import { moveScripts, type MoveScriptName } from './scripts.ts';

/** Where a planted bug about moves is caught, and within how many seeds (from 1). */
export interface MoveTrap {
  /** What goes wrong when the rule does not hold. */
  readonly harm: string;
  /** Faults; none: targets that change are enough. */
  readonly kinds?: readonly MoveFault[];
  readonly script?: MoveScriptName;
  readonly withinSeeds: number;
}

export const moveTraps: Readonly<Record<MoveBugName, MoveTrap>> = {
  releaseBeforeOrder: { harm: 'slots are given away before the map has the order', kinds: [], withinSeeds: 3 },
  releaseNotCommitted: { harm: 'the target is told before every copy of the source knows of the release', kinds: ['breakLinks', 'slowLinks', 'killPrimary'], withinSeeds: 5 },
  serveOnOrder: { harm: 'the target serves as soon as the map names it', kinds: [], withinSeeds: 3 },
  writesNotPaused: { harm: 'the source takes writes while the last of a move goes over', kinds: [], withinSeeds: 5 },
  changesNotForwarded: { harm: 'what changes behind the scan is not sent again', kinds: [], withinSeeds: 3 },
  stagingNotReplicated: { harm: "the target acknowledges what its other copies do not have", script: 'targetDiesBeforeItsCopyHasIt', withinSeeds: 5 },
  dropBeforeOpened: { harm: 'the source deletes before the target serves', kinds: [], withinSeeds: 3 },
  stagingKept: { harm: 'a copy that begins anew is laid over an older one', script: 'copyBegunAgain', withinSeeds: 5 },
  conflictTakenAsOrder: { harm: 'a change of the map that lost is taken for an order', kinds: ['apiLostAnswers', 'apiAway'], withinSeeds: 5 },
  releaseForgotten: { harm: 'the source serves what it has released', kinds: [], withinSeeds: 3 },
  emptiedSourceServes: { harm: 'a source that lost all its copies serves what the map has ordered away', script: 'emptiedAfterRelease', withinSeeds: 3 },
  sequenceNotCarried: { harm: 'dots of a slot begin anew at the target (V1)', kinds: [], withinSeeds: 3 },
  targetBeforeDropped: { harm: 'slots are staged where they have not been deleted yet', kinds: ['breakLinks', 'slowLinks', 'killPrimary'], withinSeeds: 5 },
  foreignSessionOpened: { harm: 'the target opens with what another session has left', script: 'emptiedWhileCopying', withinSeeds: 5 },
};

/** Runs seeds from 1 until a checker notices. */
export function catchMoveBug(name: MoveBugName): { readonly seed: number; readonly violation: string } | undefined {
  const trap = moveTraps[name];
  const script = trap.script === undefined ? undefined : moveScripts[trap.script];
  for (let seed = 1; seed <= trap.withinSeeds; seed++) {
    const { violations } = runMoves({ seed, bugs: { ...noMoveBugs, [name]: true }, durationMs: 7_000, profile: script?.profile ?? { name, kinds: trap.kinds }, script: script?.run });
    if (violations.length > 0) return { seed, violation: violations[0] };
  }
  return undefined;
}
