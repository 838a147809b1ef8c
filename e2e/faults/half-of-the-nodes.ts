import { epochNowMs } from '../clients/judged.ts';
import type { Step } from '../journey/step.ts';
import { judged } from '../world.ts';
import { kill } from './strikes.ts';
import { addressOf, cluster, region, settled, shardCount } from './world.ts';

const patienceMs = 250;
const goalMs = 5_000;

/** Every primary at once: half of the cache's processes, and with them every second eye. */
export const killEveryPrimary: Step = {
  name: 'every primary is killed at once: each shard is served again within 5 s, nothing acknowledged is lost',
  run: async (world, report) => {
    const shards = Array.from({ length: shardCount }, (_, shard) => shard);
    const primaries = await Promise.all(shards.map((shard) => settled(world, shard)));
    const everyone = await Promise.all(shards.map((shard) => judged(world, cluster, region, { shard, shards: shardCount, patienceMs })));
    try {
      const blows = primaries.map((primary) => kill(world, primary));
      await Promise.all(everyone.map((clients) => clients.acknowledged(epochNowMs())));
      const killedMs = epochNowMs();
      for (const blow of blows) blow.begin();
      const backMs = await Promise.all(everyone.map(async (clients, shard) => (await clients.acknowledged(killedMs, addressOf(primaries[shard]))) - killedMs));
      await Promise.all(shards.map((shard) => settled(world, shard)));
      for (const clients of everyone) await clients.judge();
      report(`every primary killed at once: writes back after ${backMs.map(Math.round).join(' and ')} ms, linearizable, none lost`);
      if (Math.max(...backMs) > goalMs) throw new Error(`the goal of ${goalMs} ms is missed`);
    } finally {
      await Promise.all(everyone.map((clients) => clients.end()));
    }
  },
};
