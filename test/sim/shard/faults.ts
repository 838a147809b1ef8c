import type { Rng } from '../world/rng.ts';

/** Fault kinds as data. Each seed switches a random subset on (swarm testing, Groce et al. 2012), so that rare mixes get their turn. */
export const faultKinds = ['kill', 'pause', 'partition', 'oneWay', 'isolate', 'isolatePrimary', 'breakConnections', 'slowLinks', 'apiAway', 'apiCutOff', 'apiLostAnswers', 'switchover', 'clockDrift'] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface FaultPlan {
  readonly kinds: readonly FaultKind[];
  readonly everyMs: number;
}

export function drawFaultPlan(rng: Rng): FaultPlan {
  const kinds = faultKinds.filter(() => rng.chance(0.5));
  return { kinds: kinds.length > 0 ? kinds : ['kill'], everyMs: rng.pick([300, 700, 1_500, 3_000]) };
}
