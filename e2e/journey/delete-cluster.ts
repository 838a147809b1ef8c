import type { CacheCluster, Lease } from '../cluster/objects.ts';
import { until, when } from '../until.ts';
import { conditionOf, untilClusterReady } from '../world.ts';
import { journey, kept, keptCluster } from './manifests.ts';
import { named, objectsOf } from './objects-of-cluster.ts';
import type { Step } from './step.ts';

export const deleteEverything: Step = {
  name: 'a cluster deleted with Delete leaves nothing',
  run: async (world) => {
    world.kubectl.run('delete', 'cc', journey, '--namespace=default', '--timeout=120s');
    await until('nothing of the cluster to be left', () => {
      const left = named(objectsOf(world, journey));
      if (left.length > 0) throw new Error(left.join(', '));
      return when(true);
    });
  },
};

/** What RetainData promises, for two shards in one region. */
const promised: readonly string[] = [
  `ConfigMap/${kept}-us-east-1-slots`,
  `Lease/${kept}-us-east-1-s0`,
  `Lease/${kept}-us-east-1-s1`,
  `PersistentVolumeClaim/data-${kept}-us-east-1-s0-0`,
  `PersistentVolumeClaim/data-${kept}-us-east-1-s1-0`,
  `Secret/${kept}-auth`,
];

export const retainData: Step = {
  name: 'a cluster deleted with RetainData leaves exactly volumes, Leases, ownership map and auth Secret',
  run: async (world) => {
    world.kubectl.apply([keptCluster()]);
    await untilClusterReady(world, kept);
    world.kubectl.run('delete', 'cc', kept, '--namespace=default', '--timeout=120s');
    await until(`only ${promised.join(', ')} to be left`, () => {
      const left = named(objectsOf(world, kept));
      if (left.join() !== promised.join()) throw new Error(`left: ${left.join(', ')}`);
      return when(true);
    });
  },
};

export const adoptData: Step = {
  name: 'a cluster of the same name takes over what was kept only when told to, at higher epochs',
  run: async (world) => {
    const { kubectl } = world;
    const before = objectsOf(world, kept);
    const epochsNow = (): readonly number[] => kubectl.list<Lease>('leases', 'default').filter((lease) => lease.metadata.name.startsWith(`${kept}-`)).map((lease) => lease.spec.leaseTransitions ?? 0);
    const epochs = epochsNow();
    const oldUid = kubectl.get('lease', `${kept}-us-east-1-s0`, 'default')?.metadata.labels?.['meridiancache.io/cluster-uid'];
    if (oldUid === undefined) throw new Error('the Lease that was kept does not say whose it was');
    kubectl.apply([keptCluster()]);
    await until('the stranger of the same name to be Stalled', () => when(conditionOf(kubectl.get<CacheCluster>('cc', kept, 'default'), 'Stalled')?.status === 'True'));
    kubectl.apply([keptCluster({ 'meridiancache.io/adopt': oldUid })]);
    await untilClusterReady(world, kept);
    const volumes = (objects: ReturnType<typeof objectsOf>): string => objects.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ uid }) => uid).sort().join();
    if (volumes(objectsOf(world, kept)) !== volumes(before)) throw new Error('the volumes are not those that were kept');
    const now = epochsNow();
    if (Math.min(...now) <= Math.max(...epochs)) throw new Error(`epochs were ${epochs.join(', ')} and are ${now.join(', ')}`);
    kubectl.run('patch', 'cc', kept, '--namespace=default', '--type=merge', '--patch', '{"spec":{"deletionPolicy":"Delete"}}');
    await untilClusterReady(world, kept);
    kubectl.run('delete', 'cc', kept, '--namespace=default', '--timeout=120s');
    await until('nothing of it to be left', () => {
      const left = named(objectsOf(world, kept));
      if (left.length > 0) throw new Error(left.join(', '));
      return when(true);
    });
  },
};
