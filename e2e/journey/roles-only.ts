import { firstRegions, journey } from './manifests.ts';
import { operatorLeader, releaseNamespace, untilClusterReady, untilDriftIsRepaired } from '../world.ts';
import type { Step } from './step.ts';

/** `--set watchNamespaces={default}`: the installation of somebody who may not have ClusterRoles. */
export const rolesOnly: Step = {
  name: 'an operator that watches one namespace works with Roles only',
  run: async (world) => {
    const { helm, kubectl } = world;
    helm('upgrade', 'meridian', 'charts/meridian', '--namespace', releaseNamespace, '--reuse-values', '--set', 'watchNamespaces={default}');
    kubectl.run('rollout', 'status', 'deployment/meridian', '--namespace', releaseNamespace, '--timeout=180s');
    const wide = kubectl.run('get', 'clusterroles,clusterrolebindings', '--selector=app.kubernetes.io/instance=meridian', '--output=name');
    if (wide !== '') throw new Error(`the release has ${wide}`);
    await operatorLeader(world);
    await untilDriftIsRepaired(world, 'poddisruptionbudget', `${journey}-${firstRegions[0]}-s0`);
    await untilClusterReady(world, journey);
  },
};
