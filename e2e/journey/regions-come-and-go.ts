import { drive, undisturbed, untilClusterReady } from '../world.ts';
import { until, when } from '../until.ts';
import { addedRegion, firstRegions, journey, journeyCluster, keysOfAllSlots } from './manifests.ts';
import { objectsOf } from './objects-of-cluster.ts';
import type { Step } from './step.ts';

export const addRegion: Step = {
  name: 'a region is added and serves',
  run: async (world) => {
    await undisturbed(world, { cluster: journey, region: firstRegions[0], keys: keysOfAllSlots, value: 'steady ', write: true }, async () => {
      world.kubectl.apply([journeyCluster([...firstRegions, addedRegion])]);
      await untilClusterReady(world, journey);
    });
    await drive(world, 'redis-py', { cluster: journey, region: addedRegion, keys: keysOfAllSlots, value: 'new ', write: true });
    await drive(world, 'ioredis', { cluster: journey, region: firstRegions[0], keys: keysOfAllSlots, value: 'still ', write: true });
  },
};

export const removeRegion: Step = {
  name: 'a region is removed, with everything that was its',
  run: async (world) => {
    world.kubectl.apply([journeyCluster(firstRegions)]);
    await untilClusterReady(world, journey);
    await until('nothing of the removed region to be left', () => {
      const left = objectsOf(world, journey).filter((object) => object.region === addedRegion);
      if (left.length > 0) throw new Error(left.map(({ kind, name }) => `${kind}/${name}`).join(', '));
      return when(true);
    });
    await drive(world, 'ioredis', { cluster: journey, region: firstRegions[0], keys: keysOfAllSlots, value: 'still ', write: false });
  },
};
