import type { Step } from '../journey/step.ts';
import { podsOf, untilAllInSync, untilClusterReady, type World } from '../world.ts';
import { until, when } from '../until.ts';

/** A cluster is there, and every copy holds everything. */
export async function make(world: World, name: string, manifest: object): Promise<void> {
  world.kubectl.apply([manifest]);
  await untilClusterReady(world, name);
  await untilAllInSync(world, name);
}

/** Gone with its pods, so that the next step has the machine to itself. */
export async function remove(world: World, name: string): Promise<void> {
  world.kubectl.run('delete', 'cc', name, '--namespace=default', '--timeout=180s', '--ignore-not-found');
  await until(`the pods of ${name} to go`, () => when(podsOf(world, name).length === 0), 180_000);
}

/** A step with a cluster of its own, which goes with it however it ends. */
export const withCluster = (name: string, manifest: object, step: Step): Step => ({
  name: step.name,
  run: async (world, report) => {
    await make(world, name, manifest);
    try {
      await step.run(world, report);
    } finally {
      await remove(world, name);
    }
  },
});
