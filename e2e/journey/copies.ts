import { epochNowMs } from '../clients/judged.ts';
import { until, when } from '../until.ts';
import { eventsOf, judged, leaseOf, operatorLeader, placesOf, podsOf, releaseNamespace, undisturbed, untilAllInSync, untilClusterReady } from '../world.ts';
import type { World } from '../world.ts';
import { firstRegions, journey, journeyCluster, keysOfAllSlots } from './manifests.ts';
import type { Step } from './step.ts';

const [region] = firstRegions;
const shard = `${journey}-${region}-s0`;

export const killPrimary: Step = {
  name: 'the pod of a primary is removed by force while clients write: a copy leads at once, no acknowledged write is lost, and an event says why',
  run: async (world) => {
    const before = leaseOf(world, shard);
    const clients = await judged(world, journey, region, { shard: 0, shards: 2 });
    try {
      await clients.acknowledged(epochNowMs());
      const killedMs = epochNowMs();
      world.kubectl.run('delete', 'pod', before.primary, '--namespace=default', '--grace-period=0', '--force', '--wait=false');
      await until('another primary', () => when(leaseOf(world, shard).primary !== before.primary && leaseOf(world, shard).epoch > before.epoch));
      await clients.acknowledged(killedMs);
      await untilAllInSync(world, journey);
      clients.move(await placesOf(world, journey, region));
      await clients.judge();
    } finally {
      await clients.end();
    }
    await untilTold(world);
  },
};

/** A pod that is removed by force still gets its signal: whether it was heard in time to hand over is chance. */
async function untilTold(world: World): Promise<void> {
  await until('an event of the takeover', () => when(eventsOf(world).some(({ reason, note }) => /^(FailedOver|SwitchedOver)$/.test(reason ?? '') && note?.includes(shard) && note.includes('nobody served for'))));
  const leader = await operatorLeader(world);
  const metrics = world.kubectl.run('get', '--raw', `/api/v1/namespaces/${releaseNamespace}/pods/${leader}:9090/proxy/metrics`);
  if (!/^meridian_failovers_total\{namespace="default",cluster="journey",region="us-east-1",cause="\w+"\} [1-9]/m.test(metrics)) throw new Error(`the operator has not counted it: ${metrics.split('\n').filter((line) => line.startsWith('meridian_failover')).join('; ')}`);
}

export const fewerAndMoreCopies: Step = {
  name: 'copies are taken away and added again while clients write, without a failed operation',
  run: async (world) => {
    // The pod that stays must lead first, so the operator has to hand over.
    const copies = (wanted: number): void => world.kubectl.apply([journeyCluster(firstRegions, wanted)]);
    const traffic = { cluster: journey, region, keys: keysOfAllSlots, value: 'fewer ', write: true };
    await undisturbed(world, traffic, async () => {
      copies(0);
      await until('one pod a shard', () => when(podsOf(world, journey, region).length === 2));
      await untilClusterReady(world, journey);
      copies(1);
      await until('two pods a shard', () => when(podsOf(world, journey, region).length === 4));
      await untilAllInSync(world, journey);
    });
  },
};
