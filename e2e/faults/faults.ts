import { installChart } from '../journey/install-chart.ts';
import type { Step } from '../journey/step.ts';
import { untilAllInSync, untilClusterReady } from '../world.ts';
import { apiServerAway } from './api-away.ts';
import { killEveryPrimary } from './half-of-the-nodes.ts';
import { showHistogram } from './histogram.ts';
import { loseNode } from './lost-node.ts';
import { kill, sendNothing, stop, unplug } from './strikes.ts';
import { takeovers } from './takeovers.ts';
import { cluster, faultsCluster } from './world.ts';

const startFaultsCluster: Step = {
  name: 'a cluster of two shards with a copy each becomes Ready',
  run: async (world) => {
    world.kubectl.apply([faultsCluster]);
    await untilClusterReady(world, cluster);
    await untilAllInSync(world, cluster);
  },
};

interface FaultOptions {
  /** Takeovers by SIGKILL; the slower faults strike a fifth as often. */
  readonly count: number;
  /** How long the API server is away. */
  readonly minutes: number;
}

/** Proofs that take longer than a journey may. The first two steps make what the others strike. */
export function faultSteps({ count, minutes }: FaultOptions): readonly Step[] {
  const fewer = Math.max(1, Math.ceil(count / 5));
  return [
    installChart,
    startFaultsCluster,
    takeovers({ name: 'SIGKILL of a primary', count, goalMs: 1_000, strike: kill }),
    takeovers({ name: 'SIGSTOP of a primary', count: fewer, goalMs: 1_500, strike: stop, lastsMs: 4_000 }),
    takeovers({ name: 'a primary that can send nothing', count: fewer, goalMs: 1_500, strike: sendNothing, lastsMs: 4_000 }),
    takeovers({ name: 'an unplugged primary', count: fewer, goalMs: 1_500, strike: unplug, lastsMs: 4_000 }),
    killEveryPrimary,
    showHistogram,
    apiServerAway(minutes),
    loseNode,
  ];
}
