import type { Pod } from '../cluster/objects.ts';
import type { Step } from '../journey/step.ts';
import { podsOf, untilAllInSync, untilReason, type World } from '../world.ts';
import { make } from './begin-and-end.ts';
import { oneRegion, region } from './manifests.ts';
import { underLoad, type LoadShape } from './under-load.ts';

/** Three shards of three copies: the cluster of this and of the drains. */
export const nine = 'nine';
const shape = { name: nine, shards: 3, copies: 2, memory: '64Mi' };

/** Makes the cluster unless an earlier step did. */
export async function haveNine(world: World): Promise<void> {
  if (world.kubectl.get('cacheclusters', nine, 'default') === undefined) await make(world, nine, oneRegion(shape));
}

const uids = (pods: readonly Pod[]): ReadonlySet<string> => new Set(pods.map(({ metadata }) => metadata.uid));

export const rollNinePods = (load: LoadShape): Step => ({
  name: 'nine pods are rolled under load: each is replaced, no operation fails, nothing acknowledged is lost',
  run: async (world, report) => {
    await haveNine(world);
    const before = uids(podsOf(world, nine));
    if (before.size !== 9) throw new Error(`${before.size} pods instead of nine`);
    await underLoad(world, report, { cluster: nine, region }, load, async () => {
      const startedMs = performance.now();
      world.kubectl.apply([oneRegion({ ...shape, more: { podTemplate: { annotations: { rolled: 'once' } } } })]);
      await untilReason(world, nine, 'RollingOut', 'ReplacingPods');
      await untilReason(world, nine, 'RollingOut', 'UpToDate', 900_000);
      await untilAllInSync(world, nine);
      report(`nine pods rolled in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
    });
    const stayed = podsOf(world, nine).filter(({ metadata }) => before.has(metadata.uid));
    if (stayed.length > 0) throw new Error(`not replaced: ${stayed.map(({ metadata }) => metadata.name).join(', ')}`);
  },
});
