import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { untilReady } from '../../test/kube/processes.ts';
import type { Running } from '../../test/kube/processes.ts';
import { ensureBinaries } from '../../tools/kube/ensure.ts';
import type { Cluster } from './cluster.ts';

const namespace = 'kube-system';
const service = 'metrics-server';
const port = 4443;
const group = 'metrics.k8s.io';

/** The real one, beside the control plane instead of in a pod: it asks every kubelet each ten seconds, which is as often as it can. Ready when it has figures of every node. */
export async function startMetricsServer({ plane, enclosure, kubectl, nodes }: Cluster): Promise<Running> {
  const { 'metrics-server': binary } = await ensureBinaries(['metrics-server']);
  const { host } = enclosure.addresses;
  const file = (name: string, text: string): string => {
    const path = join(plane.run.path, `metrics-server.${name}`);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const serving = plane.authority.issue({ commonName: service, hosts: [`${service}.${namespace}.svc`] });
  const running = enclosure.start([
    binary, `--bind-address=${host}`, `--secure-port=${port}`, `--tls-cert-file=${file('crt', serving.cert)}`, `--tls-private-key-file=${file('key', serving.key)}`,
    `--kubeconfig=${plane.kubeconfig}`, `--authentication-kubeconfig=${plane.kubeconfig}`, `--authorization-kubeconfig=${plane.kubeconfig}`,
    `--kubelet-certificate-authority=${file('ca', plane.ca)}`, '--kubelet-preferred-address-types=InternalIP', '--metric-resolution=10s', '--kubelet-request-timeout=8s',
  ], service);
  kubectl.apply(registration(host, plane.ca));
  await untilReady(running, async () => kubectl.run('get', '--raw', `/apis/${group}/v1beta1/nodes`).split('"usage"').length > nodes.length, 120_000);
  return running;
}

/** A Service without a selector, whose one endpoint is where the program listens. */
const registration = (host: string, ca: string): readonly object[] => [
  { apiVersion: 'v1', kind: 'Service', metadata: { name: service, namespace }, spec: { ports: [{ name: 'https', port: 443, targetPort: port, protocol: 'TCP' }] } },
  {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: service, namespace, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4', ports: [{ name: 'https', port, protocol: 'TCP' }], endpoints: [{ addresses: [host], conditions: { ready: true } }],
  },
  {
    apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: `v1beta1.${group}` },
    spec: { group, version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, service: { name: service, namespace }, caBundle: Buffer.from(ca).toString('base64') },
  },
];
