import { nodesService, shardName } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import type { ClusterIntent, RegionIntent } from './intent.ts';
import { labelsOf, metadataOf, selectorOf } from './metadata.ts';
import { podTemplate } from './pod-template.ts';

/**
 * The copies of one shard in one region: equal at birth (roles are in the Lease), started at once (Parallel), never rolled by
 * Kubernetes (OnDelete: the plan decides).
 */
export function statefulSet(intent: ClusterIntent, region: RegionIntent, shard: number): KubeObject {
  const place = { region: region.name, shard };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadataOf(intent, shardName(intent.name, region.name, shard), place),
    spec: {
      replicas: 1 + region.replicas,
      serviceName: nodesService(intent.name, region.name),
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      revisionHistoryLimit: 2,
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain', whenDeleted: intent.retainData ? 'Retain' : 'Delete' },
      selector: { matchLabels: selectorOf(intent, place) },
      template: podTemplate(intent, region, shard),
      ...(intent.storage ? { volumeClaimTemplates: [dataClaim(intent, region, shard)] } : {}),
    },
  };
}

/** Immutable in the set once it exists: labels included, so these never change. */
function dataClaim(intent: ClusterIntent, region: RegionIntent, shard: number): unknown {
  const storageClassName = region.storageClassName ?? intent.storage?.storageClassName;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', labels: labelsOf(intent, { region: region.name, shard }) },
    spec: {
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      resources: { requests: { storage: intent.storage?.size } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  };
}
