import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeNode } from './node.ts';

const storageClass = 'node-local';
const volumesPerNode = 16;
const volumeSize = '20Gi';

/** The default class and static volumes of it: directories of the nodes. They cannot grow and are not used twice. */
export function localVolumes(nodes: readonly KubeNode[]): readonly object[] {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  const cls = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: storageClass, annotations }, provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer' };
  return [cls, ...nodes.flatMap((node) => Array.from({ length: volumesPerNode }, (_, index) => localVolume(node, index)))];
}

function localVolume(node: KubeNode, index: number): object {
  const path = join(node.dir, 'volumes', `${index}`);
  mkdirSync(path, { recursive: true });
  const here = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node.name] }] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `${node.name}-${index}` },
    spec: {
      capacity: { storage: volumeSize }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', storageClassName: storageClass,
      local: { path }, nodeAffinity: { required: { nodeSelectorTerms: [here] } },
    },
  };
}
