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
  const shards = Math.max(spec.shards ?? 1, status?.shards ?? 0);
  return { name: object.metadata.name, shards, regions: spec.regions.map((region) => ({ name: region.name, replicas: region.replicas ?? spec.replicas ?? 0 })) };
}

/** True when the newest spec is what runs. */
export function isReady(object: KubeObject): boolean {
  const { status } = fieldsOf(object);
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' && status?.observedGeneration === object.metadata.generation;
}

/** Why it is not ready, in the operator's words. */
export function waitingFor(object: KubeObject): string {
  const conditions = fieldsOf(object).status?.conditions ?? [];
  const said = conditions.find((condition) => condition.type === 'Stalled' && condition.status === 'True') ?? conditions.find((condition) => condition.type === 'Ready');
  return said === undefined ? 'not looked at yet' : `${said.reason ?? ''}: ${said.message ?? ''}`;
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
