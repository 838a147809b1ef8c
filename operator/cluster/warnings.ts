import { machineWarnings } from './machines.ts';
import { missingMonitors } from './monitoring.ts';
import type { StepInput, Wait } from './step.ts';

/** What the spec asks for that is accepted but has no effect, or not the one it seems to have; said in ConfigurationWarning. */
export function warningsOf(input: StepInput): readonly Wait[] {
  const { spec, resharding } = input;
  const warnings: string[] = [];
  if (spec.autoscaling && resharding.wish.shards !== spec.shards) warnings.push('spec.shards is only the start while spec.autoscaling is set: the edit is ignored');
  const unused = (spec.weight ?? []).filter(({ shard }) => shard >= resharding.wish.shards);
  if (unused.length > 0) warnings.push(`spec.weight names shard ${unused[0].shard}, but there are ${resharding.wish.shards} shards: the weight has no effect`);
  return [...warnings.map((message) => ({ reason: 'NoEffect', message })), ...missingMonitors(input), ...machineWarnings(input)];
}
