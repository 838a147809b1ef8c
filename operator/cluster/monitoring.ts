import { serviceMonitorName } from '../../shared/kube/names.ts';
import { resourceTypes } from '../kube/types.ts';
import { serviceMonitor } from '../resources/service-monitor.ts';
import { classify, objectId } from './observed.ts';
import { act, ensure, nothing, type StepInput, type StepResult, type Wait } from './step.ts';

/** Step: the ServiceMonitor of a cluster that asks for one, where ServiceMonitors are known. */
export function monitoring(input: StepInput): StepResult {
  const { observed, intent } = input;
  if (observed.monitorsThere !== true) return nothing;
  if (intent.monitor) return ensure(input, resourceTypes.serviceMonitor, serviceMonitor(intent, intent.monitor.labels));
  const object = observed.objects.get(objectId('ServiceMonitor', serviceMonitorName(intent.name)));
  return object && classify(object, intent).kind === 'ours' ? act({ kind: 'delete', type: resourceTypes.serviceMonitor, object, irreversible: false }) : nothing;
}

/** Why there is none all the same. */
export function missingMonitors({ observed, intent }: StepInput): readonly Wait[] {
  if (intent.monitor === undefined || observed.monitorsThere !== false) return [];
  return [{ reason: 'NoServiceMonitors', message: 'spec.metrics.serviceMonitor is set, but ServiceMonitors (monitoring.coreos.com/v1) are not installed here or the operator may not write them: install the Prometheus operator, and it is written then' }];
}
