import type { Lease } from '../cluster/objects.ts';
import { operatorLeader, releaseNamespace, undisturbed, untilClusterReady, untilDriftIsRepaired } from '../world.ts';
import type { Traffic, World } from '../world.ts';
import { until, when } from '../until.ts';
import { firstRegions, journey, keysOfAllSlots } from './manifests.ts';
import type { Step } from './step.ts';

const service = `${journey}-${firstRegions[0]}-nodes`;
const traffic: Traffic = { cluster: journey, region: firstRegions[0], keys: keysOfAllSlots, value: 'steady ', write: true };

export const killOperatorPod: Step = {
  name: 'the leading operator is killed: clients notice nothing, the other one takes over and repairs',
  run: async (world) => {
    const leader = await operatorLeader(world);
    await undisturbed(world, traffic, async () => {
      world.kubectl.run('delete', 'pod', leader, '--namespace', releaseNamespace, '--grace-period=0', '--force');
      await until('another operator to lead', async () => when((await operatorLeader(world)) !== leader));
      await untilDriftIsRepaired(world, 'service', service);
      await untilClusterReady(world, journey);
    });
  },
};

export const stealOperatorLease: Step = {
  name: 'the leader\'s Lease is stolen: it stops, and one of them leads again when the thief lets it expire',
  run: async (world) => {
    await operatorLeader(world);
    const now = new Date().toISOString().replace('Z', '000Z');
    await undisturbed(world, traffic, () => steal(world, now));
    await untilClusterReady(world, journey);
  },
};

async function steal(world: World, now: string): Promise<void> {
  world.kubectl.run('patch', 'lease', 'meridian-operator', '--namespace', releaseNamespace, '--type=merge', '--patch', JSON.stringify({ spec: { holderIdentity: 'thief', renewTime: now } }));
  await until('a real operator to lead again', async () => when(world.kubectl.get<Lease>('lease', 'meridian-operator', releaseNamespace)?.spec.holderIdentity !== 'thief'));
  await operatorLeader(world);
  await untilDriftIsRepaired(world, 'service', service);
  world.kubectl.run('rollout', 'status', 'deployment/meridian', '--namespace', releaseNamespace, '--timeout=120s');
}
