import type { KubeObject } from '../../../operator/kube/port.ts';
import { type JsonObject, isObject } from '../../../shared/resources/admission/json.ts';

export interface SetSpec {
  readonly replicas: number;
  readonly start: number;
  readonly ordered: boolean;
  readonly rolling: boolean;
  readonly partition: number;
}

export function setSpecOf({ spec = {} }: KubeObject): SetSpec {
  const strategy = spec.updateStrategy as { type?: string; rollingUpdate?: { partition?: number } } | undefined;
  return {
    replicas: typeof spec.replicas === 'number' ? spec.replicas : 1,
    start: (spec.ordinals as { start?: number } | undefined)?.start ?? 0,
    ordered: spec.podManagementPolicy !== 'Parallel',
    rolling: strategy?.type !== 'OnDelete',
    partition: strategy?.rollingUpdate?.partition ?? 0,
  };
}

export const ownedBy = (set: KubeObject, pod: KubeObject): boolean => pod.metadata.ownerReferences?.some(({ uid, controller }) => uid === set.metadata.uid && controller === true) === true;

/** Undefined for a pod whose name is not one of the set's. */
export function ordinalOf(set: KubeObject, pod: KubeObject): number | undefined {
  const { name } = pod.metadata;
  const prefix = `${set.metadata.name}-`;
  const rest = name.slice(prefix.length);
  return name.startsWith(prefix) && /^(0|[1-9]\d*)$/.test(rest) ? Number(rest) : undefined;
}

/** Name of the revision of the pod template: changes exactly when the template does. */
export function revisionOf(set: KubeObject): string {
  return `${set.metadata.name}-${fnv1a(JSON.stringify(sorted(set.spec?.template))).toString(36)}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, part]) => [name, sorted(part)]),
  );
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}

export interface ClaimTemplate extends JsonObject {
  readonly metadata: KubeObject['metadata'];
}

export const claimTemplatesOf = (set: KubeObject): readonly ClaimTemplate[] => (set.spec?.volumeClaimTemplates ?? []) as readonly ClaimTemplate[];
export const claimName = (template: ClaimTemplate, podName: string): string => `${template.metadata.name}-${podName}`;
export const podNameOf = (set: KubeObject, ordinal: number): string => `${set.metadata.name}-${ordinal}`;

/** The pod of one ordinal, ready to be created. */
export function podOf(set: KubeObject, ordinal: number, revision: string): KubeObject {
  const template = (set.spec?.template ?? {}) as { metadata?: Partial<KubeObject['metadata']>; spec?: JsonObject };
  const name = podNameOf(set, ordinal);
  const claims = claimTemplatesOf(set).map((claim) => ({ name: claim.metadata.name, persistentVolumeClaim: { claimName: claimName(claim, name) } }));
  const claimed = new Set(claims.map((volume) => volume.name));
  const own = ((template.spec?.volumes ?? []) as readonly { name: string }[]).filter((volume) => !claimed.has(volume.name));
  return structuredClone({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: set.metadata.namespace,
      labels: {
        ...template.metadata?.labels,
        'apps.kubernetes.io/pod-index': String(ordinal),
        'controller-revision-hash': revision,
        'statefulset.kubernetes.io/pod-name': name,
      },
      annotations: { ...template.metadata?.annotations },
      ...(template.metadata?.finalizers ? { finalizers: template.metadata.finalizers } : {}),
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: set.metadata.name, uid: set.metadata.uid ?? '', controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      ...template.spec,
      hostname: name,
      subdomain: set.spec?.serviceName,
      ...(claims.length + own.length > 0 ? { volumes: [...claims, ...own] } : {}),
    },
  });
}
