import { until, when } from '../until.ts';
import { releaseNamespace } from '../world.ts';
import type { Step } from './step.ts';

export const uninstallChart: Step = {
  name: 'the charts uninstall; the resource definitions stay, the release\'s objects go',
  run: async ({ helm, kubectl }) => {
    helm('uninstall', 'meridian', '--namespace', releaseNamespace, '--wait', '--timeout', '120s');
    await until('nothing of the release to be left', () => when(kubectl.list('pods,deployments,services,roles,rolebindings,serviceaccounts', releaseNamespace, 'app.kubernetes.io/instance=meridian').length === 0));
    const wide = kubectl.tried('get', 'clusterroles,clusterrolebindings,flowschemas', '--selector=app.kubernetes.io/instance=meridian', '--output=name').output;
    if (!wide.startsWith('No resources found') && wide !== '') throw new Error(`left: ${wide}`);
    if (kubectl.get('crd', 'cacheclusters.meridiancache.io') === undefined) throw new Error('the definition of CacheCluster is gone, and every cluster with it');
  },
};
