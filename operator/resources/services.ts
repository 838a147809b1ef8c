import { clientService, nodesService, ports } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import type { ClusterIntent } from './intent.ts';
import { metadataOf, selectorOf } from './metadata.ts';

const tcp = (name: string, port: number) => ({ name, port, targetPort: name, protocol: 'TCP' });

/** Where clients of one region connect; cluster-aware ones go on to the pods by themselves. */
export function clientServiceOf(intent: ClusterIntent, region: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(intent, clientService(intent.name, region), { region }),
    spec: { type: 'ClusterIP', selector: selectorOf(intent, { region }), ports: [tcp('redis', ports.redis), tcp('http', ports.http)] },
  };
}

/** Names of the region's pods, ready or not: peers find each other by it before they can be ready. */
export function nodesServiceOf(intent: ClusterIntent, region: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(intent, nodesService(intent.name, region), { region }),
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: selectorOf(intent, { region }),
      ports: [tcp('redis', ports.redis), tcp('http', ports.http), tcp('bus', ports.bus), tcp('metrics', ports.metrics), tcp('admin', ports.admin)],
    },
  };
}
