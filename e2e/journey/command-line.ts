import { until } from '../until.ts';
import { meridian, undisturbed, untilAllInSync } from '../world.ts';
import { firstRegions, journey, keysOfAllSlots } from './manifests.ts';
import type { Step } from './step.ts';

const [region] = firstRegions;

export const statusCommand: Step = {
  name: 'meridian status shows regions and shards, and the HTTP API answers through the Service',
  run: async (world) => {
    await untilAllInSync(world, journey);
    const { code, output } = await meridian(world, 'status', journey);
    const rows = [...firstRegions, `${journey}-${region}-s0-0 ${journey}-${region}-s0-1`];
    if (code !== 0 || !/ \d+ ms /.test(output)) throw new Error(`meridian status ended with ${code} and shows no lag: ${output}`);
    for (const row of rows) if (!output.includes(row)) throw new Error(`meridian status does not show ${row}:\n${output}`);
    const health = JSON.parse(world.kubectl.run('get', '--raw', `/api/v1/namespaces/default/services/${journey}-${region}:http/proxy/health`)) as { status?: string };
    if (health.status !== 'healthy') throw new Error(`GET /health says ${JSON.stringify(health)}`);
  },
};

export const switchoverCommand: Step = {
  name: 'meridian switchover hands the shards of a region over while clients write, without a failed operation',
  run: async (world) => {
    await undisturbed(world, { cluster: journey, region, keys: keysOfAllSlots, value: 'handed ', write: true }, async () => {
      // A primary keeps its shard when no copy has confirmed everything within a second: on a busy machine that happens.
      await until('meridian switchover to hand both shards over', async () => {
        const { code, output } = await meridian(world, 'switchover', journey, '--region', region);
        if (code !== 0 || output.match(/handed over/g)?.length !== 2) throw new Error(`it ended with ${code}: ${output}`);
        return true;
      });
      await untilAllInSync(world, journey);
    });
  },
};
