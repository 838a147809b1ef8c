import { labels, serviceMonitorName } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import type { ClusterIntent } from './intent.ts';
import { metadataOf, selectorOf } from './metadata.ts';

const interval = '30s';

/** Has the Prometheus operator collect from every pod of the cluster, ready or not: of a region's two Services only the headless one has the port. */
export function serviceMonitor(intent: ClusterIntent, more: Readonly<Record<string, string>>): KubeObject {
  const metadata = metadataOf(intent, serviceMonitorName(intent.name));
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: { ...metadata, labels: { ...more, ...metadata.labels } },
    spec: {
      selector: { matchLabels: selectorOf(intent) },
      podTargetLabels: [labels.cluster, labels.region, labels.shard],
      endpoints: [{ port: 'metrics', path: '/metrics', interval }],
    },
  };
}
