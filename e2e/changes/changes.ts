import { installChart } from '../journey/install-chart.ts';
import type { Step } from '../journey/step.ts';
import { realAutoscaler } from './autoscaler.ts';
import { drainEachNode, drainTwoAtOnce } from './drains.ts';
import { fillPastTheLimit } from './memory-limit.ts';
import { rollNinePods } from './roll.ts';
import { scaleThroughSizes } from './scale.ts';

interface ChangeOptions {
  /** Of the data set that is scaled. */
  readonly megabytes: number;
  /** Writes a second, and as many reads. */
  readonly rate: number;
}

const fillSeconds = 90;

/** Everything that is changed while it serves. */
export function changeSteps({ megabytes, rate }: ChangeOptions): readonly Step[] {
  const load = { writesPerSecond: rate, readsPerSecond: rate };
  return [installChart, rollNinePods(load), drainEachNode(load), drainTwoAtOnce(load), scaleThroughSizes(load, megabytes), realAutoscaler(load), fillPastTheLimit(fillSeconds)];
}
