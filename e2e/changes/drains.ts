import type { Step } from '../journey/step.ts';
import { eventsOf, leaseOf, podsOf, untilAllInSync, type World } from '../world.ts';
import { haveNine, nine } from './roll.ts';
import { region } from './manifests.ts';
import { remove } from './begin-and-end.ts';
import { underLoad, type LoadShape } from './under-load.ts';

const shards: readonly number[] = [0, 1, 2];
const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(0)} s`;

const drain = (world: World, node: string): Promise<string> =>
  world.kubectl.runAside('drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=420s');

const podsOn = (world: World, node: string): readonly string[] => podsOf(world, nine, region).filter(({ spec }) => spec.nodeName === node).map(({ metadata }) => metadata.name);

const nodesOf = (world: World): readonly string[] => world.kubectl.list('nodes').map(({ metadata }) => metadata.name).toSorted();

export const drainEachNode = (load: LoadShape): Step => ({
  name: 'each of the three nodes is drained in turn under load: no operation fails, the region refills',
  run: async (world, report) => {
    await haveNine(world);
    await underLoad(world, report, { cluster: nine, region }, load, async (clients) => {
      const data = await clients.fill({ megabytes: 24, valueBytes: 1024 });
      for (const node of nodesOf(world)) {
        const startedMs = performance.now();
        const moved = podsOn(world, node);
        try {
          await drain(world, node);
          const drained = seconds(startedMs);
          await untilAllInSync(world, nine);
          if (podsOn(world, node).length > 0) throw new Error(`still on ${node}: ${podsOn(world, node).join(', ')}`);
          report(`${node}: ${moved.length} pods moved in ${drained}, every copy in sync again after ${seconds(startedMs)}`);
        } finally {
          world.kubectl.run('uncordon', node);
        }
      }
      report(`${await clients.verify()} values of ${Math.round(data / 2 ** 20)} MB read back`);
    });
  },
});

/** Samples until `over`: how many copies in sync the shard with the fewest had. */
async function fewestInSync(world: World, over: Promise<unknown>): Promise<number> {
  let [fewest, running] = [Number.MAX_SAFE_INTEGER, true];
  const ended = over.finally(() => void (running = false)).catch(() => {});
  while (running) {
    for (const shard of shards) fewest = Math.min(fewest, leaseOf(world, `${nine}-${region}-s${shard}`).inSync.length);
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 500))]);
  }
  return fewest;
}

export const drainTwoAtOnce = (load: LoadShape): Step => ({
  name: 'two nodes are drained at once under load: the last copy in sync is never lost, no operation fails',
  run: async (world, report) => {
    await haveNine(world);
    const [first, second] = nodesOf(world);
    try {
      await underLoad(world, report, { cluster: nine, region }, load, async (clients) => {
        await clients.fill({ megabytes: 24, valueBytes: 1024 });
        const startedMs = performance.now();
        const both = Promise.all([drain(world, first), drain(world, second)]);
        const fewest = await fewestInSync(world, both);
        await both;
        await untilAllInSync(world, nine);
        const left = [...podsOn(world, first), ...podsOn(world, second)];
        if (left.length > 0) throw new Error(`still there: ${left.join(', ')}`);
        if (fewest < 1) throw new Error('a shard had no copy in sync');
        const emptied = eventsOf(world).filter(({ reason, note }) => reason === 'ShardEmptied' && note?.includes(`${nine}-`));
        if (emptied.length > 0) throw new Error(emptied.map(({ note }) => note).join('; '));
        await clients.verify();
        report(`${first} and ${second} at once: ${seconds(startedMs)} until every copy was in sync on the third node; the fewest copies in sync of any shard on the way: ${fewest} of 3`);
      });
    } finally {
      for (const node of [first, second]) world.kubectl.run('uncordon', node);
    }
    await remove(world, nine);
  },
});
