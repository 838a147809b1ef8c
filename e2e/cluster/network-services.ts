import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../../test/kube/control-plane.ts';
import type { Running } from '../../test/kube/processes.ts';
import type { Enclosure } from './enclosure.ts';

const dnsReadyPort = 8181;

/** One kube-proxy serves all nodes: they share the enclosure's network. */
export function startKubeProxy(plane: ControlPlane, enclosure: Enclosure, binary: string, nodeName: string): Running {
  const config = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    hostnameOverride: nodeName,
    clusterCIDR: enclosure.addresses.range,
    clientConnection: { kubeconfig: plane.kubeconfigFor('kube-proxy', { commonName: 'system:kube-proxy' }) },
    // The sysctls behind these may not be writable.
    conntrack: { maxPerCore: 0, min: 0 },
    iptables: { syncPeriod: '30s', minSyncPeriod: '200ms' },
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
  };
  const file = join(plane.run.path, 'kube-proxy.json');
  writeFileSync(file, JSON.stringify(config));
  return enclosure.start([binary, `--config=${file}`], 'kube-proxy');
}

export function startDns(plane: ControlPlane, enclosure: Enclosure, binary: string): Running {
  const { host } = enclosure.addresses;
  const file = join(plane.run.path, 'Corefile');
  writeFileSync(file, `.:53 {
  bind ${host}
  errors
  ready ${host}:${dnsReadyPort}
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${plane.kubeconfig}
    pods insecure
    ttl 2
  }
}
`);
  return enclosure.start([binary, '-conf', file], 'coredns');
}

export const dnsIsReady = async (enclosure: Enclosure): Promise<boolean> => (await fetch(`http://${enclosure.addresses.host}:${dnsReadyPort}/ready`)).ok;
