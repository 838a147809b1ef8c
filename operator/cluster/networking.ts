import { regionPrefix } from '../../shared/kube/names.ts';
import { resourceTypes } from '../kube/types.ts';
import { networkPolicy } from '../resources/network-policy.ts';
import { clientServiceOf, nodesServiceOf } from '../resources/services.ts';
import { act, ensure, find, nothing, together, type StepInput, type StepResult } from './step.ts';

/** Step: Services and NetworkPolicy of each region. */
export function networking(input: StepInput): StepResult {
  const { intent } = input;
  return together(
    intent.regions.flatMap(({ name }) => [
      ensure(input, resourceTypes.service, nodesServiceOf(intent, name)),
      ensure(input, resourceTypes.service, clientServiceOf(intent, name)),
      intent.networkPolicy.enabled ? ensure(input, resourceTypes.networkPolicy, networkPolicy(intent, name)) : withoutPolicy(input, name),
    ]),
  );
}

function withoutPolicy(input: StepInput, region: string): StepResult {
  const found = find(input, 'NetworkPolicy', regionPrefix(input.intent.name, region));
  return found.kind === 'ours' ? act({ kind: 'delete', type: resourceTypes.networkPolicy, object: found.object, irreversible: false }) : nothing;
}
