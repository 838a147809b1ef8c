import { releaseNamespace } from '../world.ts';
import type { Step } from './step.ts';

export const installChart: Step = {
  name: 'the charts install under the restricted profile, and both operators become available',
  run: async ({ helm, kubectl, image }) => {
    // Everything from here on runs under the strictest profile that Kubernetes enforces.
    for (const name of ['default', releaseNamespace]) kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } }]);
    helm('install', 'meridian-crds', 'charts/meridian-crds', '--namespace', releaseNamespace);
    helm('install', 'meridian', 'charts/meridian', '--namespace', releaseNamespace, '--set', `image.repository=${image.repository}`, '--set', `image.tag=${image.tag}`);
    kubectl.run('wait', 'crd/cacheclusters.meridiancache.io', '--for=condition=Established', '--timeout=30s');
    kubectl.run('wait', 'deployment/meridian', '--namespace', releaseNamespace, '--for=condition=Available', '--timeout=120s');
    const replicas = kubectl.get('deployment', 'meridian', releaseNamespace)?.spec.replicas;
    kubectl.run('rollout', 'status', 'deployment/meridian', '--namespace', releaseNamespace, '--timeout=120s');
    if (replicas !== 2) throw new Error(`the chart runs ${String(replicas)} replicas by default`);
  },
};
