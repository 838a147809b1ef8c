import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { percentile } from '../../bench/statistics.ts';
import type { CacheCluster } from '../cluster/objects.ts';
import { machineOf } from '../faults/world.ts';
import type { Step } from '../journey/step.ts';
import { until, when } from '../until.ts';
import { conditionOf, podsOf, untilAllInSync, type World } from '../world.ts';
import { oneRegion, region } from './manifests.ts';
import { withCluster } from './begin-and-end.ts';
import { described, underLoad, type LoadShape } from './under-load.ts';

const name = 'grown';
const sizes: readonly number[] = [4, 8, 3];
const valueBytes = 1024;
const megabyte = 2 ** 20;

/** A batch of slots that has changed its owner, as the source's log tells of it. */
interface Released {
  readonly id: string;
  readonly bytes: number;
  readonly pausedMs: number;
}

/** From the files that the kubelets keep: a pod that goes with its shard takes what `kubectl logs` could show with it. */
function collectReleased(world: World, into: Map<string, Released>): void {
  for (const { dir } of machineOf(world).nodes) {
    for (const pod of readdirSync(join(dir, 'logs')).filter((one) => one.startsWith(`default_${name}-`))) {
      for (const line of linesOf(join(dir, 'logs', pod, 'node', '0.log'))) {
        if (!line.includes('"released slots"')) continue;
        const record = JSON.parse(line.slice(line.indexOf('{'))) as Released;
        into.set(record.id, record);
      }
    }
  }
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    // Its container has not started yet, or its pod has just gone.
    return [];
  }
}

async function untilScaled(world: World, shards: number, released: Map<string, Released>): Promise<void> {
  await until(`${name} to have ${shards} shards`, () => {
    collectReleased(world, released);
    const cluster = world.kubectl.get<CacheCluster>('cacheclusters', name, 'default');
    const [moving, progress] = ['Resharding', 'Progressing'].map((type) => conditionOf(cluster, type));
    if (progress?.observedGeneration !== cluster?.metadata.generation || moving?.reason !== 'UpToDate' || progress?.reason !== 'Settled' || cluster?.status.shards !== shards) throw new Error(`${cluster?.status.shards} shards; ${moving?.message}; ${progress?.message}`);
    return when(podsOf(world, name).length === shards * 2);
  }, 900_000);
}

export const scaleThroughSizes = (load: LoadShape, megabytes: number): Step => {
  const cluster = { name, shards: 3, copies: 1, memory: `${Math.max(256, megabytes)}Mi` };
  return withCluster(name, oneRegion(cluster), {
    name: `kubectl scale takes ${megabytes} MB and its writers from 3 to ${sizes.join(' to ')} shards: no operation fails, nothing is lost`,
    run: async (world, report) => {
      await underLoad(world, report, { cluster: name, region }, load, async (clients) => {
        const bytes = await clients.fill({ megabytes, valueBytes });
        await untilAllInSync(world, name);
        report(`${Math.round(bytes / megabyte)} MB of ${valueBytes} B values in three shards of two copies; ${described(await clients.figures())} while filling`);
        for (const shards of sizes) {
          const released = new Map<string, Released>();
          const startedMs = performance.now();
          world.kubectl.run('scale', 'cc', name, '--namespace=default', `--replicas=${shards}`);
          await untilScaled(world, shards, released);
          const seconds = (performance.now() - startedMs) / 1000;
          const pauses = [...released.values()].map(({ pausedMs }) => pausedMs);
          const moved = [...released.values()].reduce((sum, one) => sum + one.bytes, 0) / megabyte;
          report(`to ${shards} shards: ${seconds.toFixed(0)} s, ${moved.toFixed(0)} MB in ${pauses.length} batches, writes paused p50 ${percentile(pauses, 0.5)} ms, p99 ${percentile(pauses, 0.99)} ms; ioredis ${described(await clients.figures())}`);
        }
        report(`${await clients.verify()} values of the data set read back`);
      });
    },
  });
};
