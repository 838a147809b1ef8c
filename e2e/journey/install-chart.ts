import { releaseNamespace } from '../world.ts';
import type { Step } from './step.ts';

export const installChart: Step = {
  name: 'the charts install and both operators become available',
  run: async ({ helm, kubectl, image }) => {
    helm('install', 'meridian-crds', 'charts/meridian-crds', '--namespace', releaseNamespace, '--create-namespace');
    helm('install', 'meridian', 'charts/meridian', '--namespace', releaseNamespace, '--set', `image.repository=${image.repository}`, '--set', `image.tag=${image.tag}`);
    kubectl.run('wait', 'crd/cacheclusters.meridiancache.io', '--for=condition=Established', '--timeout=30s');
    kubectl.run('wait', 'deployment/meridian', '--namespace', releaseNamespace, '--for=condition=Available', '--timeout=120s');
    const replicas = kubectl.get('deployment', 'meridian', releaseNamespace)?.spec.replicas;
    kubectl.run('rollout', 'status', 'deployment/meridian', '--namespace', releaseNamespace, '--timeout=120s');
    if (replicas !== 2) throw new Error(`the chart runs ${String(replicas)} replicas by default`);
  },
};
