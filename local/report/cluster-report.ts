import type { KubeObject } from '../../operator/kube/port.ts';
import type { ClientPorts, ClusterShape, PortPlan } from '../port-plan.ts';
import { podsInOrder } from '../port-plan.ts';

export interface ClusterReport {
  readonly namespace: string;
  readonly name: string;
  readonly regions: readonly { readonly name: string; readonly redis: readonly string[]; readonly http: readonly string[] }[];
}

interface ClusterFields {
  readonly spec: { readonly shards?: number; readonly replicas?: number; readonly regions: readonly { readonly name: string; readonly replicas?: number }[] };
  readonly status?: { readonly observedGeneration?: number; readonly shards?: number; readonly phase?: string; readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string; readonly observedGeneration?: number }[] };
}

const fieldsOf = (object: KubeObject): ClusterFields => object as unknown as ClusterFields;

export function shapeOf(object: KubeObject): ClusterShape {
  const { spec, status } = fieldsOf(object);
  // Shards that were asked for and are not there yet have no ports.
  const shards = (status?.shards ?? 0) > 0 ? (status?.shards as number) : (spec.shards ?? 1);
  return { name: object.metadata.name, shards, regions: spec.regions.map((region) => ({ name: region.name, replicas: region.replicas ?? spec.replicas ?? 0 })) };
}

/** True when the newest spec is what runs. */
export function isReady(object: KubeObject): boolean {
  const { status } = fieldsOf(object);
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' && status?.observedGeneration === object.metadata.generation;
}

/** Why it is not as the spec asks for, in the operator's words; undefined while the operator has not looked at the newest spec. */
export function waitingFor(object: KubeObject): string | undefined {
  const { status } = fieldsOf(object);
  if (status?.observedGeneration !== object.metadata.generation) return undefined;
  const conditions = status?.conditions ?? [];
  const said = conditions.find((condition) => condition.type === 'Stalled' && condition.status === 'True') ?? conditions.find((condition) => condition.type === 'Ready');
  return said === undefined ? undefined : `${said.reason ?? ''}: ${said.message ?? ''}`;
}

/** What of the newest spec a cluster that serves does not have and waits for, in the operator's words. */
export function pendingOf(object: KubeObject): string | undefined {
  const conditions = fieldsOf(object).status?.conditions ?? [];
  return conditions.find((condition) => condition.type === 'Resharding' && condition.status === 'True')?.message;
}

export function reportOf(object: KubeObject, plan: PortPlan): ClusterReport {
  const shape = shapeOf(object);
  const namespace = object.metadata.namespace ?? 'default';
  const portsOf = (region: ClusterShape['regions'][number]): readonly ClientPorts[] => podsInOrder({ ...shape, regions: [region] }).map((pod) => plan.portsOf(namespace, pod));
  return {
    namespace,
    name: shape.name,
    regions: shape.regions.map((region) => ({ name: region.name, redis: portsOf(region).map((ports) => `127.0.0.1:${ports.redis}`), http: portsOf(region).map((ports) => `http://127.0.0.1:${ports.http}`) })),
  };
}
