import type { Pod } from '../cluster/objects.ts';
import { drive, podsOf, undisturbed, untilAllInSync } from '../world.ts';
import { firstRegions, journey, keysOfAllSlots } from './manifests.ts';
import type { Step } from './step.ts';

const [region] = firstRegions;

export const drainNode: Step = {
  name: 'a node is drained while clients write: its pods move one at a time, no operation fails, every key is still there',
  run: async (world) => {
    const bound = (pod: Pod): boolean => pod.spec.nodeSelector !== undefined;
    const node = podsOf(world, journey, region).find((pod) => !bound(pod))?.spec.nodeName ?? '';
    const others = podsOf(world, journey).filter((pod) => pod.spec.nodeName === node && bound(pod));
    // A pod that may run nowhere else would be waited for until the drain gives up: those regions' copies have their budget too.
    const selector = others.length === 0 ? [] : [`--pod-selector=meridiancache.io/region!=${others[0].metadata.labels?.['meridiancache.io/region']}`];
    const traffic = { cluster: journey, region, keys: keysOfAllSlots.slice(1), value: 'before the drain ', write: true };
    await drive(world, 'go-redis', traffic);
    try {
      await undisturbed(world, { ...traffic, keys: keysOfAllSlots.slice(0, 1) }, async () => {
        await world.kubectl.runAside('drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=180s', ...selector);
        await untilAllInSync(world, journey);
      });
      const stayed = podsOf(world, journey, region).filter((pod) => pod.spec.nodeName === node);
      if (stayed.length > 0) throw new Error(`still on ${node}: ${stayed.map((pod) => pod.metadata.name).join(', ')}`);
      await drive(world, 'redis-py', { ...traffic, write: false });
    } finally {
      world.kubectl.run('uncordon', node);
    }
  },
};
