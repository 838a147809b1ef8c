import { machineWarnings } from './machines.ts';
import type { StepInput, Wait } from './step.ts';

/** What the spec asks for that is accepted but has no effect, in the order of the fields, or not the one it seems to have; said in ConfigurationWarning. */
export function warningsOf(input: StepInput): readonly Wait[] {
  const { spec, resharding } = input;
  const notCarriedOut: readonly (readonly [boolean, string])[] = [
    [spec.metrics.serviceMonitor, 'spec.metrics.serviceMonitor'],
  ];
  const warnings = notCarriedOut.filter(([asked]) => asked).map(([, field]) => `${field} is set, but this version of the operator does not carry it out`);
  if (spec.autoscaling && resharding.wish.shards !== spec.shards) warnings.push('spec.shards is only the start while spec.autoscaling is set: the edit is ignored');
  const unused = (spec.weight ?? []).filter(({ shard }) => shard >= resharding.wish.shards);
  if (unused.length > 0) warnings.push(`spec.weight names shard ${unused[0].shard}, but there are ${resharding.wish.shards} shards: the weight has no effect`);
  return [...warnings.map((message) => ({ reason: 'NoEffect', message })), ...machineWarnings(input)];
}
