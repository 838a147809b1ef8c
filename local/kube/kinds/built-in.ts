import { resourceTypes } from '../../../operator/kube/types.ts';
import type { ResourceType } from '../../../operator/kube/port.ts';
import type { PrinterColumn } from '../../../shared/resources/registry.ts';
import { atomic, plain, struct } from '../apply/merge-schema.ts';
import type { ApiKind } from './api-kind.ts';
import { conditionsOnly, podSchema, serviceSchema, statefulSetSchema } from './pod-schema.ts';

const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
const column = (name: string, jsonPath: string, priority = 0): PrinterColumn => ({ name, type: 'string', jsonPath, priority });

type Traits = Partial<Omit<ApiKind, keyof ResourceType>>;

function kind(type: ResourceType, traits: Traits = {}): ApiKind {
  const standard = { singular: type.kind.toLowerCase(), shortNames: [], categories: [], hasStatus: false, hasGeneration: false, needsVersionToReplace: false, merge: plain, columns: [age] };
  return { ...type, ...standard, ...traits };
}

const { pod, service, configMap, secret, serviceAccount, persistentVolumeClaim, node, namespace, event, statefulSet, podDisruptionBudget, lease, role, roleBinding, networkPolicy } = resourceTypes;

/** Kubernetes' own kinds, as far as Meridian and the people who look after it use them. `=name` columns are computed (http/table). */
export const builtInKinds: readonly ApiKind[] = [
  kind(pod, {
    shortNames: ['po'],
    categories: ['all'],
    hasStatus: true,
    hasGeneration: true,
    merge: podSchema,
    columns: [column('Ready', '=podReady'), column('Status', '=podStatus'), column('Restarts', '=podRestarts'), age, column('IP', '.status.podIP', 1), column('Node', '.spec.nodeName', 1)],
  }),
  kind(service, {
    shortNames: ['svc'],
    categories: ['all'],
    hasStatus: true,
    merge: serviceSchema,
    columns: [column('Type', '.spec.type'), column('Cluster-IP', '.spec.clusterIP'), column('External-IP', '=none'), column('Port(s)', '=servicePorts'), age],
  }),
  kind(configMap, { shortNames: ['cm'], columns: [column('Data', '=dataCount'), age] }),
  kind(secret, { columns: [column('Type', '.type'), column('Data', '=dataCount'), age] }),
  kind(serviceAccount, { shortNames: ['sa'], columns: [column('Secrets', '=secretsCount'), age] }),
  kind(persistentVolumeClaim, {
    shortNames: ['pvc'],
    hasStatus: true,
    merge: conditionsOnly,
    columns: [column('Status', '.status.phase'), column('Volume', '.spec.volumeName'), column('Capacity', '.status.capacity.storage'), column('Access Modes', '=accessModes'), column('StorageClass', '.spec.storageClassName'), age],
  }),
  kind(node, { shortNames: ['no'], hasStatus: true, merge: conditionsOnly, columns: [column('Status', '=nodeStatus'), age] }),
  kind(namespace, { shortNames: ['ns'], hasStatus: true, merge: conditionsOnly, columns: [column('Status', '.status.phase'), age] }),
  kind(event, {
    shortNames: ['ev'],
    columns: [column('Last Seen', '=eventAge'), column('Type', '.type'), column('Reason', '.reason'), column('Object', '=eventObject'), column('Message', '=eventMessage')],
    merge: struct({ regarding: atomic, related: atomic }),
  }),
  kind(statefulSet, {
    shortNames: ['sts'],
    categories: ['all'],
    hasStatus: true,
    hasGeneration: true,
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '=selector' },
    merge: statefulSetSchema,
    columns: [column('Ready', '=setReady'), age],
  }),
  kind(podDisruptionBudget, {
    shortNames: ['pdb'],
    hasStatus: true,
    hasGeneration: true,
    needsVersionToReplace: true,
    merge: conditionsOnly,
    columns: [column('Min Available', '=minAvailable'), column('Max Unavailable', '=maxUnavailable'), column('Allowed Disruptions', '.status.disruptionsAllowed'), age],
  }),
  kind(lease, { needsVersionToReplace: true, columns: [column('Holder', '.spec.holderIdentity'), age] }),
  kind(role, { columns: [column('Created At', '.metadata.creationTimestamp')] }),
  kind(roleBinding, { merge: struct({ roleRef: atomic }), columns: [column('Role', '=roleRef'), age] }),
  kind(networkPolicy, { shortNames: ['netpol'], hasGeneration: true, merge: conditionsOnly, columns: [column('Pod-Selector', '=podSelector'), age] }),
];
