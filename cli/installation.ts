import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import { crdsYaml, toYaml } from '../shared/resources/crd-yaml.ts';
import { version } from './version.ts';

const usage = `meridian manifests — the whole installation, to pipe into kubectl apply --server-side -f -

  --namespace NS   where the operator runs (meridian-system)
  --image IMAGE    of the operator and, by default, of the nodes (ghcr.io/meridiancache/meridian:${version})

For settings beyond these use the Helm chart, charts/meridian; a test holds both to the same objects.
`;

const chartFiles = join(dirname(fileURLToPath(import.meta.url)), '..', 'charts', 'meridian', 'files');
const rulesOf = (file: string): unknown => parse(readFileSync(join(chartFiles, file), 'utf8'));

type Json = Record<string, unknown>;

/** The chart's objects with its default values, for a release called `meridian`. Pure, but for the rules that chart and program share as files. */
export function installation(namespace: string, image: string): readonly Json[] {
  const name = 'meridian';
  const selector = { 'app.kubernetes.io/name': 'meridian-operator', 'app.kubernetes.io/instance': name };
  const labels = { ...selector, 'app.kubernetes.io/version': version };
  const meta = (objectName: string): Json => ({ name: objectName, namespace, labels });
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  const rbac = 'rbac.authorization.k8s.io';
  const clusterName = `${namespace}-${name}`;
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta(name) },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: clusterName, labels }, rules: ['operator-rules.yaml', 'machine-rules.yaml'].flatMap(rulesOf) },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name: clusterName, labels }, roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: clusterName }, subjects },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: meta(`${name}-election`), rules: rulesOf('election-rules.yaml') },
    { apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: meta(`${name}-election`), roleRef: { apiGroup: rbac, kind: 'Role', name: `${name}-election` }, subjects },
    {
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'FlowSchema',
      metadata: { name: `${clusterName}-nodes`, labels },
      spec: {
        priorityLevelConfiguration: { name: 'leader-election' },
        matchingPrecedence: 1000,
        distinguisherMethod: { type: 'ByUser' },
        rules: [
          {
            subjects: [{ kind: 'Group', group: { name: 'system:serviceaccounts' } }],
            resourceRules: [
              { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'update'], namespaces: ['*'] },
              { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'update'], namespaces: ['*'] },
            ],
          },
        ],
      },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: meta(`${name}-metrics`), spec: { selector, ports: [{ name: 'metrics', port: 9090, targetPort: 'metrics' }] } },
    { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: meta(name), spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: selector } } },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta(name), spec: deploymentSpec(name, image, selector, labels) },
  ];
}

function deploymentSpec(name: string, image: string, selector: Json, labels: Json): Json {
  const fieldRef = (fieldPath: string): Json => ({ fieldRef: { fieldPath } });
  return {
    replicas: 2,
    selector: { matchLabels: selector },
    strategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: name,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 30,
        securityContext: { runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, seccompProfile: { type: 'RuntimeDefault' } },
        affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: selector } } }] } },
        containers: [
          {
            name: 'operator',
            image,
            imagePullPolicy: 'IfNotPresent',
            command: ['meridian', 'operator'],
            env: [
              { name: 'MERIDIAN_POD_NAME', valueFrom: fieldRef('metadata.name') },
              { name: 'MERIDIAN_POD_NAMESPACE', valueFrom: fieldRef('metadata.namespace') },
              { name: 'MERIDIAN_DEFAULT_IMAGE', value: image },
              { name: 'MERIDIAN_WATCH_NAMESPACES', value: '' },
              { name: 'MERIDIAN_LOG_LEVEL', value: 'info' },
              { name: 'NODE_OPTIONS', value: '--max-semi-space-size=8' },
              { name: 'MALLOC_ARENA_MAX', value: '1' },
            ],
            ports: [{ name: 'metrics', containerPort: 9090 }],
            startupProbe: { httpGet: { path: '/startupz', port: 'metrics' }, periodSeconds: 1, failureThreshold: 60 },
            livenessProbe: { httpGet: { path: '/livez', port: 'metrics' }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
            readinessProbe: { httpGet: { path: '/readyz', port: 'metrics' }, periodSeconds: 5, timeoutSeconds: 5 },
            securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
            resources: { requests: { cpu: '50m', memory: '160Mi' }, limits: { memory: '512Mi' } },
          },
        ],
      },
    },
  };
}

export function runManifestsCommand(args: readonly string[]): number {
  const { values } = parseFlags(args);
  if (values.help === true) process.stdout.write(usage);
  else process.stdout.write(`${crdsYaml()}---\n${installation(values.namespace, values.image).map(toYaml).join('---\n')}`);
  return 0;
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { namespace: { type: 'string', default: 'meridian-system' }, image: { type: 'string', default: `ghcr.io/meridiancache/meridian:${version}` }, help: { type: 'boolean', short: 'h' } } });
  } catch (error) {
    throw new MeridianError('USAGE', { detail: (error as Error).message.split('\n')[0] });
  }
}
