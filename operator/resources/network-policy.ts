import { labels, ports, regionPrefix } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import type { ClusterIntent } from './intent.ts';
import { metadataOf, selectorOf } from './metadata.ts';

/** What the chart labels the operator's pods with. */
const operatorPods = { [labels.name]: 'meridian-operator' };

/** Ingress only: bus from the cluster's own pods, admin from the operator, metrics and probes open, client ports as the spec says. */
export function networkPolicy(intent: ClusterIntent, region: string): KubeObject {
  const tcp = (...numbers: readonly number[]) => numbers.map((port) => ({ port, protocol: 'TCP' }));
  const clients = intent.networkPolicy.clientsFrom.length > 0 ? intent.networkPolicy.clientsFrom : [{ podSelector: {} }];
  const operator = {
    ...(intent.operatorNamespace === undefined ? {} : { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': intent.operatorNamespace } } }),
    podSelector: { matchLabels: operatorPods },
  };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(intent, regionPrefix(intent.name, region), { region }),
    spec: {
      podSelector: { matchLabels: selectorOf(intent, { region }) },
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ podSelector: { matchLabels: selectorOf(intent) } }], ports: tcp(ports.bus, ports.redis, ports.http) },
        { from: [operator], ports: tcp(ports.admin) },
        { ports: tcp(ports.metrics) },
        { from: clients, ports: tcp(ports.redis, ports.redisTls, ports.http, ports.https) },
      ],
    },
  };
}
