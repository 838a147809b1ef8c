import { epochNowMs } from '../clients/judged.ts';
import type { Step } from '../journey/step.ts';
import { until, when } from '../until.ts';
import { judged, placesOf, untilAllInSync } from '../world.ts';
import { addressOf, cluster, machineOf, podNamed, region, settled, shardCount } from './world.ts';

const patienceMs = 250;
const goalMs = 1_500;

/** Kubelet, containerd and containers gone at once; nothing comes back before the pods have been made anew elsewhere. */
export const loseNode: Step = {
  name: 'a machine is lost for good: its shards are served within 1.5 s, its pods are made anew elsewhere, nothing acknowledged is lost',
  run: async (world, report) => {
    for (let shard = 0; shard < shardCount; shard += 1) await settled(world, shard);
    const primary = await settled(world, 0);
    const node = machineOf(world).nodes.find(({ name }) => name === primary.spec.nodeName);
    if (node === undefined) throw new Error(`no node ${primary.spec.nodeName}`);
    const clients = await judged(world, cluster, region, { shard: 0, shards: shardCount, patienceMs });
    try {
      await clients.acknowledged(epochNowMs());
      const lostMs = epochNowMs();
      await node.lose();
      const servedMs = Math.round((await clients.acknowledged(lostMs, addressOf(primary))) - lostMs);
      await until(`pod ${primary.metadata.name} to be made anew on another machine`, () => {
        const pod = podNamed(world, primary.metadata.name);
        return when(pod !== undefined && pod.metadata.uid !== primary.metadata.uid && pod.spec.nodeName !== undefined && pod.spec.nodeName !== node.name);
      }, 420_000);
      for (let shard = 0; shard < shardCount; shard += 1) await settled(world, shard);
      await untilAllInSync(world, cluster);
      const completeS = Math.round((epochNowMs() - lostMs) / 1000);
      clients.move(await placesOf(world, cluster, region));
      const history = await clients.judge();
      report(`machine lost: writes back after ${servedMs} ms, every copy in sync again after ${completeS} s; ${history.acknowledged} acknowledged writes, linearizable, none lost`);
      if (servedMs > goalMs) throw new Error(`writes were back after ${servedMs} ms only`);
    } finally {
      await clients.end();
    }
    await node.restore();
    world.kubectl.run('wait', `node/${node.name}`, '--for=condition=Ready', '--timeout=120s');
  },
};
