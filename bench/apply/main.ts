import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { ownCluster } from '../../e2e/clusters.ts';
import { installChart } from '../../e2e/journey/install-chart.ts';
import { keysOfAllSlots } from '../../e2e/journey/manifests.ts';
import { missingForOwnCluster } from '../../e2e/requirements.ts';
import { drive, podsOf, untilClusterReady } from '../../e2e/world.ts';
import { median } from '../statistics.ts';

export const title = 'kubectl apply to the first SET on every shard, on real pods (root)';
export const usage = '--runs 3';

const cluster = (name: string): object => ({ apiVersion: 'meridiancache.io/v1alpha1', kind: 'CacheCluster', metadata: { name, namespace: 'default' }, spec: { shards: 3, memory: '64Mi', regions: [{ name: 'us-east-1' }] } });

/** `--runs N` (3). Time ends when an ioredis cluster client has written and read keys of all slot ranges, its own start included. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { runs: { type: 'string', default: '3' } } });
  const missing = missingForOwnCluster();
  if (missing.length > 0) throw new Error(missing.join('; '));
  const host = await ownCluster((line) => console.log(line));
  const seconds: number[] = [];
  try {
    const { world } = host;
    await installChart.run(world, () => undefined);
    for (let i = 0; i < Number(values.runs); i++) {
      const name = `apply-${i}`;
      const startMs = performance.now();
      world.kubectl.apply([cluster(name)]);
      await untilClusterReady(world, name);
      await drive(world, 'ioredis', { cluster: name, region: 'us-east-1', keys: keysOfAllSlots, value: 'v', write: true });
      const took = (performance.now() - startMs) / 1000;
      seconds.push(took);
      console.log(`run ${i + 1}: ${podsOf(world, name).length} pods Ready and written to after ${took.toFixed(1)} s`);
      world.kubectl.run('delete', 'cc', name, '--namespace=default', '--timeout=120s');
    }
  } finally {
    await host.close();
  }
  console.log(`\nmedian ${median(seconds).toFixed(1)} s for 3 pods (goal ≤ 20 s); ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}`);
}
