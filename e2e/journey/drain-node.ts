import type { Pod } from '../cluster/objects.ts';
import { drive, podsOf, untilClusterReady } from '../world.ts';
import { firstRegions, journey, keysOfAllSlots } from './manifests.ts';
import type { Step } from './step.ts';

const [region] = firstRegions;

export const drainNode: Step = {
  name: 'a node is drained: its pods move one at a time, serve elsewhere, and the node comes back',
  run: async (world) => {
    const bound = (pod: Pod): boolean => pod.spec.nodeSelector !== undefined;
    const node = podsOf(world, journey, region).find((pod) => !bound(pod))?.spec.nodeName ?? '';
    const others = podsOf(world, journey).filter((pod) => pod.spec.nodeName === node && bound(pod));
    // A pod that may run nowhere else would be waited for until the drain gives up: those regions' copies have their budget too.
    const selector = others.length === 0 ? [] : [`--pod-selector=meridiancache.io/region!=${others[0].metadata.labels?.['meridiancache.io/region']}`];
    try {
      world.kubectl.run('drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=180s', ...selector);
      await untilClusterReady(world, journey);
      const stayed = podsOf(world, journey, region).filter((pod) => pod.spec.nodeName === node);
      if (stayed.length > 0) throw new Error(`still on ${node}: ${stayed.map((pod) => pod.metadata.name).join(', ')}`);
      await drive(world, 'go-redis', { cluster: journey, region, keys: keysOfAllSlots, value: 'drained ', write: true });
    } finally {
      world.kubectl.run('uncordon', node);
    }
  },
};
