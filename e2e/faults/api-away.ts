import { setTimeout as sleep } from 'node:timers/promises';
import { keysOfAllSlots } from '../journey/manifests.ts';
import type { Step } from '../journey/step.ts';
import { undisturbed, untilAllInSync, untilClusterReady } from '../world.ts';
import { cluster, machineOf, region } from './world.ts';

export const apiServerAway = (minutes: number): Step => ({
  name: `the API server is away for ${minutes} min under load: no operation fails`,
  run: async (world, report) => {
    const { plane } = machineOf(world);
    await untilAllInSync(world, cluster);
    await undisturbed(world, { cluster, region, keys: keysOfAllSlots, value: 'alone ', write: true }, async () => {
      await plane.stopApiServer();
      await sleep(minutes * 60_000);
      await plane.startApiServer();
      await untilClusterReady(world, cluster);
    });
    await untilAllInSync(world, cluster);
    report(`API server away for ${minutes} min: 0 failed operations`);
  },
});
