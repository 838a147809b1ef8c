import { shardsInForce } from './intent.ts';
import type { StepInput } from './step.ts';

/** What the spec asks for that is accepted but has no effect; said in ConfigurationWarning, in the order of the fields. */
export function warningsOf({ spec, observed }: StepInput): readonly string[] {
  const notCarriedOut: readonly (readonly [boolean, string])[] = [
    [spec.hibernate, 'spec.hibernate'],
    [spec.autoscaling !== undefined, 'spec.autoscaling'],
    [spec.metrics.serviceMonitor, 'spec.metrics.serviceMonitor'],
  ];
  const warnings = notCarriedOut.filter(([asked]) => asked).map(([, field]) => `${field} is set, but this version of the operator does not carry it out`);
  const inForce = shardsInForce(observed);
  if (spec.autoscaling && inForce !== undefined && inForce !== spec.shards) warnings.push('spec.shards is only the start while spec.autoscaling is set: the edit is ignored');
  return warnings;
}
