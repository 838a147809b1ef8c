import type { KubeObject } from '../../../operator/kube/port.ts';
import { isTrue } from '../pods/conditions.ts';
import { ageText } from './age.ts';

interface ContainerStatus {
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: { readonly waiting?: { readonly reason?: string }; readonly terminated?: { readonly reason?: string } };
}

const containers = (pod: KubeObject): readonly ContainerStatus[] => (pod.status?.containerStatuses ?? []) as readonly ContainerStatus[];
const size = (value: unknown): number => (typeof value === 'object' && value !== null ? Object.keys(value).length : 0);
const text = (value: unknown, absent = '<none>'): string => (value === undefined || value === null || value === '' ? absent : String(value as string | number));

function podStatus(pod: KubeObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const reasons = containers(pod).flatMap(({ state }) => state?.waiting?.reason ?? state?.terminated?.reason ?? []);
  return reasons[0] ?? text(pod.status?.phase, 'Unknown');
}

interface ServicePort {
  readonly port: number;
  readonly protocol?: string;
}

interface EventLike {
  readonly regarding?: { readonly kind?: string; readonly name?: string };
  readonly series?: { readonly lastObservedTime?: string };
  readonly eventTime?: string;
  readonly note?: string;
}

const labelText = (labels: unknown): string => text(Object.entries((labels ?? {}) as Record<string, string>).map(([key, value]) => `${key}=${value}`).join(','));
const eventOf = (object: KubeObject): EventLike => object as unknown as EventLike;

/** Cells that no path can say, by the name that stands after `=` in a column. */
const cells: Readonly<Record<string, (object: KubeObject, nowMs: number) => unknown>> = {
  none: () => '<none>',
  podReady: (pod) => `${containers(pod).filter(({ ready }) => ready).length}/${size(pod.spec?.containers)}`,
  podStatus,
  podRestarts: (pod) => containers(pod).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
  setReady: ({ spec, status }) => `${Number(status?.readyReplicas ?? 0)}/${Number(spec?.replicas ?? 1)}`,
  dataCount: (object) => size(object.data) + size(object.binaryData),
  secretsCount: (object) => size(object.secrets),
  servicePorts: (service) => text(((service.spec?.ports ?? []) as readonly ServicePort[]).map(({ port, protocol = 'TCP' }) => `${port}/${protocol}`).join(',')),
  accessModes: (claim) => ((claim.spec?.accessModes ?? []) as readonly string[]).map((mode) => ({ ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' })[mode] ?? mode).join(','),
  nodeStatus: (node) => `${isTrue(node, 'Ready') ? 'Ready' : 'NotReady'}${node.spec?.unschedulable === true ? ',SchedulingDisabled' : ''}`,
  minAvailable: (budget) => text(budget.spec?.minAvailable, 'N/A'),
  maxUnavailable: (budget) => text(budget.spec?.maxUnavailable, 'N/A'),
  roleRef: (binding) => {
    const { kind, name } = (binding.roleRef ?? {}) as { kind?: string; name?: string };
    return `${kind}/${name}`;
  },
  podSelector: (policy) => labelText((policy.spec?.podSelector as { matchLabels?: unknown } | undefined)?.matchLabels),
  eventAge: (object, nowMs) => ageText(eventOf(object).series?.lastObservedTime ?? eventOf(object).eventTime ?? object.metadata.creationTimestamp ?? '', nowMs),
  eventObject: (object) => `${text(eventOf(object).regarding?.kind, '').toLowerCase()}/${text(eventOf(object).regarding?.name, '')}`,
  eventMessage: (object) => text(eventOf(object).note, ''),
};

export const computedCell = (name: string, object: KubeObject, nowMs: number): unknown => cells[name](object, nowMs);
