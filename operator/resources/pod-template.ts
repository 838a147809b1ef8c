import { annotations, authSecret, busSecret, mounts, nodeConfigMap, nodeServiceAccount, ports } from '../../shared/kube/names.ts';
import { hashOf } from './canonical.ts';
import type { ClusterIntent, RegionIntent, ResourceIntent } from './intent.ts';
import { containerMemoryBytes } from './memory-limit.ts';
import { labelsOf, selectorOf } from './metadata.ts';

export interface PodTemplate {
  readonly metadata: { readonly labels: Record<string, string>; readonly annotations: Record<string, string> };
  readonly spec: Record<string, unknown>;
}

/** SIGTERM hands a primary over and lets clients go; nothing in it takes longer than this. */
const terminationGraceSeconds = 75;
/** The user and group that own the data volume; any fixed ones would do. */
const nonRoot = 10001;

/**
 * The pod of one shard in one region. Its hash decides whether a pod is outdated, so an operator's upgrade must not change it by
 * accident: template-hash.test.ts freezes the bytes. Container resources are outside the hash: they can be resized live.
 */
export function podTemplate(intent: ClusterIntent, region: RegionIntent, shard: number): PodTemplate {
  const template = withoutResources(intent, region, shard);
  const [container] = template.spec.containers as readonly Record<string, unknown>[];
  return {
    metadata: { ...template.metadata, annotations: { ...template.metadata.annotations, [annotations.templateHash]: hashOf(template) } },
    spec: { ...template.spec, containers: [{ ...container, resources: resourcesOf(intent, region) }] },
  };
}

function withoutResources(intent: ClusterIntent, region: RegionIntent, shard: number): PodTemplate {
  const user = intent.podTemplate;
  const place = { region: region.name, shard };
  return {
    metadata: { labels: { ...user.labels, ...labelsOf(intent, place) }, annotations: { ...user.annotations } },
    spec: {
      serviceAccountName: nodeServiceAccount(intent.name, region.name),
      automountServiceAccountToken: true,
      // A hundred services in a namespace would each put seven variables into every process.
      enableServiceLinks: false,
      terminationGracePeriodSeconds: terminationGraceSeconds,
      securityContext: { runAsNonRoot: true, runAsUser: nonRoot, runAsGroup: nonRoot, fsGroup: nonRoot, fsGroupChangePolicy: 'OnRootMismatch', seccompProfile: { type: 'RuntimeDefault' } },
      ...optional('priorityClassName', user.priorityClassName),
      ...optional('imagePullSecrets', user.imagePullSecrets),
      ...optional('nodeSelector', region.nodeSelector),
      ...optional('tolerations', region.tolerations),
      affinity: user.affinity ?? apart(selectorOf(intent, place)),
      topologySpreadConstraints: spread(region, selectorOf(intent, { region: region.name })),
      containers: [container(intent, shard)],
      volumes: volumes(intent, region.name),
    },
  };
}

function container(intent: ClusterIntent, shard: number): Record<string, unknown> {
  const port = (name: string, containerPort: number) => ({ name, containerPort, protocol: 'TCP' });
  return {
    name: 'node',
    image: intent.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['meridian', 'node'],
    env: environment(intent, shard),
    ports: [port('redis', ports.redis), port('http', ports.http), port('bus', ports.bus), port('metrics', ports.metrics), port('admin', ports.admin)],
    // Started: listening and configured. Alive: its event loop turns; no peer, no API server in it. Ready: primary under a committed
    // Lease, or in sync.
    startupProbe: probe('/startupz', { periodSeconds: 1, failureThreshold: 120 }),
    livenessProbe: probe('/livez', { periodSeconds: 10, failureThreshold: 6 }),
    readinessProbe: probe('/readyz', { periodSeconds: 2, failureThreshold: 2 }),
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [
      { name: 'config', mountPath: mounts.config, readOnly: true },
      { name: 'bus', mountPath: mounts.bus, readOnly: true },
      ...(intent.auth.enabled ? [{ name: 'auth', mountPath: mounts.auth, readOnly: true }] : []),
      { name: 'data', mountPath: mounts.data },
    ],
  };
}

function probe(path: string, timing: { readonly periodSeconds: number; readonly failureThreshold: number }): Record<string, unknown> {
  return { httpGet: { path, port: 'metrics', scheme: 'HTTP' }, timeoutSeconds: 5, successThreshold: 1, ...timing };
}

/** Identity by the downward API; the spec's own variables follow and cannot take the place of one of ours. */
function environment(intent: ClusterIntent, shard: number): unknown[] {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } });
  const ours = [
    field('MERIDIAN_POD_NAME', 'metadata.name'),
    field('MERIDIAN_POD_NAMESPACE', 'metadata.namespace'),
    field('MERIDIAN_POD_UID', 'metadata.uid'),
    field('MERIDIAN_POD_IP', 'status.podIP'),
    field('MERIDIAN_NODE_NAME', 'spec.nodeName'),
    { name: 'MERIDIAN_SHARD', value: String(shard) },
  ];
  const taken = new Set(ours.map(({ name }) => name));
  return [...ours, ...(intent.podTemplate.env ?? []).filter(({ name }) => !taken.has(name))];
}

function volumes(intent: ClusterIntent, region: string): unknown[] {
  const secret = (name: string, secretName: string) => ({ name, secret: { secretName, defaultMode: 0o440 } });
  return [
    { name: 'config', configMap: { name: nodeConfigMap(intent.name, region), defaultMode: 0o444 } },
    secret('bus', busSecret(intent.name)),
    ...(intent.auth.enabled ? [secret('auth', intent.auth.usersSecret ?? authSecret(intent.name))] : []),
    // With storage, the set's claim template brings the volume named data.
    ...(intent.storage ? [] : [{ name: 'data', emptyDir: {} }]),
  ];
}

/** Copies of one shard keep off each other's machines and zones where there is a choice. */
function apart(matchLabels: Record<string, string>): unknown {
  const term = (weight: number, topologyKey: string) => ({ weight, podAffinityTerm: { labelSelector: { matchLabels }, topologyKey } });
  return { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [term(100, 'kubernetes.io/hostname'), term(50, 'topology.kubernetes.io/zone')] } };
}

/** The region's pods are shared out over machines as far as that is possible, or as the region says. */
function spread(region: RegionIntent, matchLabels: Record<string, string>): unknown[] {
  const labelSelector = { matchLabels };
  if (region.topologySpreadConstraints) return region.topologySpreadConstraints.map((constraint) => ({ labelSelector, ...constraint }));
  return [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector }];
}

function resourcesOf(intent: ClusterIntent, region: RegionIntent): ResourceIntent {
  const memory = String(containerMemoryBytes(intent.memoryBytes));
  const requests = { ...intent.resources.requests, ...region.resources.requests };
  const limits = { ...intent.resources.limits, ...region.resources.limits };
  return { requests: { memory, ...requests }, limits: { ...limits, memory } };
}

const optional = (name: string, value: unknown): Record<string, unknown> => (value === undefined ? {} : { [name]: value });
