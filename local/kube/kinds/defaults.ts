import type { KubeObject } from '../../../operator/kube/port.ts';
import { type JsonObject, isObject } from '../../../shared/resources/admission/json.ts';
import type { ApiKind } from './api-kind.ts';

const list = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? (value as unknown[]).filter(isObject) : []);
const mapList = (value: unknown, change: (item: JsonObject) => JsonObject): unknown => (Array.isArray(value) ? list(value).map(change) : value);
const under = (object: JsonObject, field: string, change: (value: JsonObject) => JsonObject): JsonObject => (isObject(object[field]) ? { ...object, [field]: change(object[field]) } : object);

function probe(value: JsonObject): JsonObject {
  const filled = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, ...value };
  return under(filled, 'httpGet', (get) => ({ path: '/', scheme: 'HTTP', ...get }));
}

function envVariable(variable: JsonObject): JsonObject {
  return under(variable, 'valueFrom', (from) => under(from, 'fieldRef', (ref) => ({ apiVersion: 'v1', ...ref })));
}

function container(value: JsonObject): JsonObject {
  const image = typeof value.image === 'string' ? value.image : '';
  const pull = /:latest$|^[^:@]*$/.test(image) ? 'Always' : 'IfNotPresent';
  let filled: JsonObject = { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', imagePullPolicy: pull, resources: {}, ...value };
  for (const name of ['startupProbe', 'livenessProbe', 'readinessProbe']) filled = under(filled, name, probe);
  if (filled.env !== undefined) filled.env = mapList(filled.env, envVariable);
  if (filled.ports !== undefined) filled.ports = mapList(filled.ports, (port) => ({ protocol: 'TCP', ...port }));
  return filled;
}

function volume(value: JsonObject): JsonObject {
  const modes = (source: JsonObject): JsonObject => ({ defaultMode: 0o644, ...source });
  return under(under(under(value, 'configMap', modes), 'secret', modes), 'projected', modes);
}

function podSpec(spec: JsonObject): JsonObject {
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  return {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
    securityContext: {},
    ...(account === undefined ? {} : { serviceAccount: account }),
    ...spec,
    containers: mapList(spec.containers, container),
    ...(spec.volumes === undefined ? {} : { volumes: mapList(spec.volumes, volume) }),
  };
}

function statefulSetSpec(spec: JsonObject): JsonObject {
  const strategy = isObject(spec.updateStrategy) ? spec.updateStrategy : { type: 'RollingUpdate' };
  const claim = (template: JsonObject): JsonObject => ({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...under(template, 'spec', (inner) => ({ volumeMode: 'Filesystem', ...inner })), status: { phase: 'Pending' } });
  return {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    revisionHistoryLimit: 10,
    ...spec,
    updateStrategy: strategy.type === 'RollingUpdate' && strategy.rollingUpdate === undefined ? { ...strategy, rollingUpdate: { partition: 0 } } : strategy,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain', ...(isObject(spec.persistentVolumeClaimRetentionPolicy) ? spec.persistentVolumeClaimRetentionPolicy : {}) },
    ...(isObject(spec.template) ? { template: under(spec.template, 'spec', podSpec) } : {}),
    ...(spec.volumeClaimTemplates === undefined ? {} : { volumeClaimTemplates: mapList(spec.volumeClaimTemplates, claim) }),
  };
}

function serviceSpec(spec: JsonObject): JsonObject {
  const type = spec.type ?? 'ClusterIP';
  return {
    type,
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ...spec,
    ...(typeof spec.clusterIP === 'string' ? { clusterIPs: [spec.clusterIP] } : {}),
    ports: mapList(spec.ports, (port) => ({ protocol: 'TCP', targetPort: port.port, ...port })),
  };
}

function secret(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object as KubeObject & { stringData?: Record<string, string> };
  if (stringData === undefined) return { type: 'Opaque', ...object };
  const encoded = Object.fromEntries(Object.entries(stringData).map(([name, text]) => [name, Buffer.from(text).toString('base64')]));
  return { type: 'Opaque', ...rest, data: { ...rest.data, ...encoded } };
}

/** Maps that are left out when they are empty. */
function withoutEmptyData(object: KubeObject): KubeObject {
  const isEmptyData = ([name, value]: readonly [string, unknown]): boolean => (name === 'data' || name === 'binaryData') && isObject(value) && Object.keys(value).length === 0;
  return Object.fromEntries(Object.entries(object).filter((entry) => !isEmptyData(entry))) as unknown as KubeObject;
}

const specDefaults: Readonly<Record<string, (spec: JsonObject) => JsonObject>> = {
  Pod: podSpec,
  StatefulSet: statefulSetSpec,
  Service: serviceSpec,
  PersistentVolumeClaim: (spec) => ({ volumeMode: 'Filesystem', ...spec }),
  NetworkPolicy: (spec) => ({ policyTypes: 'egress' in spec ? ['Ingress', 'Egress'] : ['Ingress'], ...spec }),
};

/** What the API server fills in for Kubernetes' own kinds: an operator that compares what it applied with what it reads meets the same here. */
export function withDefaults(kind: ApiKind, object: KubeObject): KubeObject {
  if (kind.kind === 'Secret' && kind.group === '') return withoutEmptyData(secret(object));
  if (kind.kind === 'ConfigMap' && kind.group === '') return withoutEmptyData(object);
  const fill = kind.custom ? undefined : specDefaults[kind.kind];
  return fill && isObject(object.spec) ? { ...object, spec: fill(object.spec) } : object;
}
