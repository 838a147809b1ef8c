import type { Lease } from '../cluster/objects.ts';
import { drive, eventsOf, untilClusterReady, untilDriftIsRepaired } from '../world.ts';
import { until, when } from '../until.ts';
import { firstRegions, journey, keysOfAllSlots } from './manifests.ts';
import type { Step } from './step.ts';

const [region, single] = firstRegions;

export const statefulSetComesBack: Step = {
  name: 'a StatefulSet deleted by hand comes back, and its shard serves again',
  run: async (world) => {
    // One whose pods hold nothing that only they have: a set takes all its pods with it.
    await untilDriftIsRepaired(world, 'statefulset', `${journey}-${single}-s0`);
    await untilClusterReady(world, journey);
    await drive(world, 'ioredis', { cluster: journey, region: single, keys: keysOfAllSlots, value: 'again ', write: true });
    await until('an event that the shard came back empty', () => when(eventsOf(world).some(({ reason, note }) => reason === 'ShardEmptied' && note?.includes(`${journey}-${single}-s0`))));
  },
};

export const leaseComesBack: Step = {
  name: 'a shard\'s Lease deleted by hand comes back above every epoch that was, and no key is lost',
  run: async (world) => {
    const name = `${journey}-${region}-s1`;
    const epoch = (): number => Number(world.kubectl.get<Lease>('lease', name, 'default')?.spec.leaseTransitions ?? 0);
    await drive(world, 'ioredis', { cluster: journey, region, keys: keysOfAllSlots, value: 'kept ', write: true });
    const before = epoch();
    await untilDriftIsRepaired(world, 'lease', name);
    await until('the new Lease to have a holder', () => when(Boolean(world.kubectl.get<Lease>('lease', name, 'default')?.spec.holderIdentity)));
    if (epoch() <= before) throw new Error(`the Lease came back with epoch ${epoch()}, after ${before}`);
    await untilClusterReady(world, journey);
    await drive(world, 'ioredis', { cluster: journey, region, keys: keysOfAllSlots, value: 'kept ', write: false });
  },
};
