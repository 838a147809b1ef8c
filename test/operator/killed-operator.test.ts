import { expect, it } from 'vitest';
import type { KubeObject } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { annotations } from '../../shared/kube/names.ts';
import { essence, startInProcess, type InProcess } from './in-process.ts';
import { killablePort } from './killable-port.ts';
import { cacheCluster } from './world.ts';

interface Scenario {
  readonly name: string;
  /** Brought to rest by an operator that lives; absent: nothing is there. */
  readonly before?: (kube: InProcess['kube'], settle: () => Promise<void>) => Promise<unknown>;
  readonly change: (kube: InProcess['kube']) => Promise<unknown>;
  /** Long: dying at a read is dying where the write before it has left things. */
  readonly atWritesOnly?: boolean;
  /** Copies get in sync; a pod is not replaced before its shard has one. */
  readonly copies?: boolean;
  /** Reason of `Ready` in the end; default `Serving`. */
  readonly ends?: string;
  /** Nothing of it is served in the end: the cluster is gone. */
  readonly deletes?: boolean;
}

const type = resourceTypes.cacheCluster;
const newCluster = (spec: Record<string, unknown>, more: Record<string, unknown> = {}): KubeObject => {
  const { uid: _, generation: __, ...metadata } = cacheCluster().metadata;
  return { ...cacheCluster(spec), metadata: { ...metadata, ...more } };
};
const east = { name: 'east' };
const west = { name: 'west' };

const scenarios: readonly Scenario[] = [
  { name: 'creating a cluster', change: (kube) => kube.create(type, newCluster({ replicas: 1, regions: [east] })) },
  {
    name: 'removing a region and copies',
    before: (kube) => kube.create(type, newCluster({ replicas: 1, regions: [east, west] })),
    change: (kube) => kube.patch(type, 'apps', 'demo', { spec: { replicas: 0, regions: [east] } }),
  },
  {
    name: 'taking away the pod of a primary',
    before: (kube) => kube.create(type, newCluster({ replicas: 1, regions: [east] })),
    change: async (kube) => {
      // As after a takeover: the pod that stays is in sync and does not lead.
      const lease = (await kube.get(resourceTypes.lease, 'apps', 'demo-east-s0')) as KubeObject;
      const config = JSON.stringify({ formatVersion: 1, isr: ['demo-east-s0-0', 'demo-east-s0-1'], incarnations: { 'demo-east-s0-0': 'i', 'demo-east-s0-1': 'i' }, nonce: 'taken over' });
      await kube.replace(resourceTypes.lease, { ...lease, metadata: { ...lease.metadata, annotations: { ...lease.metadata.annotations, [annotations.config]: config } }, spec: { ...lease.spec, leaseTransitions: 2, holderIdentity: 'demo-east-s0-1' } });
      await kube.patch(type, 'apps', 'demo', { spec: { replicas: 0 } });
    },
  },
  {
    name: 'keeping data and adding a region',
    atWritesOnly: true,
    before: (kube) => kube.create(type, newCluster({ regions: [east] })),
    change: (kube) => kube.patch(type, 'apps', 'demo', { spec: { deletionPolicy: 'RetainData', regions: [east, west] } }),
  },
  {
    name: 'moving slots to one more shard',
    before: (kube) => kube.create(type, newCluster({ regions: [east] })),
    change: (kube) => kube.patch(type, 'apps', 'demo', { spec: { shards: 2 } }),
    atWritesOnly: true,
  },
  {
    name: 'moving slots away from a shard and taking it down',
    before: (kube) => kube.create(type, newCluster({ shards: 2, regions: [east] })),
    change: (kube) => kube.patch(type, 'apps', 'demo', { spec: { shards: 1 } }),
    atWritesOnly: true,
  },
  {
    name: 'replacing pods for another image',
    copies: true,
    before: (kube) => kube.create(type, newCluster({ regions: [east] })),
    change: (kube) => kube.patch(type, 'apps', 'demo', { spec: { image: 'registry.example/meridian:2.0.0', eviction: 'noeviction' } }),
    atWritesOnly: true,
  },
  {
    name: 'putting a cluster to sleep',
    copies: true,
    ends: 'Hibernated',
    before: (kube) => kube.create(type, newCluster({ storage: { size: '1Gi' }, regions: [east] })),
    change: (kube) => kube.patch(type, 'apps', 'demo', { spec: { hibernate: true } }),
    atWritesOnly: true,
  },
  {
    name: 'waking a cluster',
    copies: true,
    before: async (kube, settle) => {
      await kube.create(type, newCluster({ storage: { size: '1Gi' }, regions: [east] }));
      await settle();
      await kube.patch(type, 'apps', 'demo', { spec: { hibernate: true } });
    },
    change: (kube) => kube.patch(type, 'apps', 'demo', { spec: { hibernate: false } }),
    atWritesOnly: true,
  },
  {
    name: 'taking over what an earlier cluster left',
    atWritesOnly: true,
    before: async (kube) => {
      await kube.create(type, newCluster({ deletionPolicy: 'RetainData', storage: { size: '1Gi' }, regions: [east] }));
    },
    change: async (kube) => {
      const uid = (await kube.get(type, 'apps', 'demo'))?.metadata.uid ?? '';
      // As the chart's hook does it, while no operator runs.
      await kube.patch(type, 'apps', 'demo', { metadata: { finalizers: null } });
      await kube.delete(type, 'apps', 'demo', { propagationPolicy: 'Background' });
      await kube.create(type, newCluster({ deletionPolicy: 'RetainData', storage: { size: '1Gi' }, regions: [east] }, { annotations: { [annotations.adopt]: uid } }));
    },
  },
  {
    name: 'deleting a cluster whose data is to be kept since a moment ago',
    deletes: true,
    before: (kube) => kube.create(type, newCluster({ storage: { size: '1Gi' }, regions: [east] })),
    change: async (kube) => {
      await kube.patch(type, 'apps', 'demo', { spec: { deletionPolicy: 'RetainData' } });
      await kube.delete(type, 'apps', 'demo', { propagationPolicy: 'Background' });
    },
  },
];

/** Long enough for every event, and for one look that comes by itself. */
const longEnoughMs = 30_000;

/** What no crash may change: watched over the whole run. */
function watchOver({ local }: InProcess): { readonly broken: string[]; stop(): void } {
  const broken: string[] = [];
  const secrets = new Map<string, string>();
  const epochs = new Map<string, number>();
  const stop = local.api.context.store.subscribe(({ type: change, object }) => {
    const id = `${object.kind}/${object.metadata.name}`;
    if (object.kind === 'Secret' && change !== 'DELETED') {
      const text = JSON.stringify(object.data);
      if ((secrets.get(id) ?? text) !== text) broken.push(`${id} was written anew`);
      secrets.set(id, text);
    }
    if (object.kind === 'Lease' && change !== 'DELETED') {
      const epoch = Number(object.spec?.leaseTransitions);
      if (epoch < (epochs.get(id) ?? 0)) broken.push(`${id} fell back from epoch ${epochs.get(id)} to ${epoch}`);
      epochs.set(id, epoch);
    }
    if (change === 'DELETED' && !/west|-s1$/.test(object.metadata.name) && (object.kind === 'Lease' || object.metadata.name.endsWith('-slots') || object.kind === 'PersistentVolumeClaim' || object.metadata.name === 'demo-auth')) broken.push(`${id} was deleted`);
  });
  return { broken, stop };
}

/** Runs a scenario with an operator that dies at its n-th await, and a second one that finds what it left. */
async function run(scenario: Scenario, deadline: number, moment: 'before' | 'after'): Promise<{ readonly end: Record<string, unknown>; readonly broken: readonly string[]; readonly died: boolean; readonly calls: readonly ('read' | 'write')[] }> {
  const world = startInProcess();
  const { ports, kube } = world;
  if (scenario.copies) world.nodes.joining.add('apps');
  if (scenario.before) {
    const first = world.operator();
    await scenario.before(kube, () => ports.advance(longEnoughMs));
    await ports.advance(longEnoughMs);
    await first.stop();
  }
  const watch = watchOver(world);
  await scenario.change(kube);
  const killable = killablePort(kube, world.nodes.nodeApi, deadline, moment);
  const doomed = world.operator(killable.port, killable.nodeApi);
  await ports.advance(longEnoughMs);
  const died = killable.killed;
  if (!died) await doomed.stop();
  const second = world.operator();
  await ports.advance(longEnoughMs);
  await second.stop();
  const end = essence(await world.stored());
  watch.stop();
  await world.stop();
  return { end, broken: watch.broken, died, calls: [...killable.calls] };
}

for (const scenario of scenarios) {
  it(`an operator killed at any await while ${scenario.name} changes nothing and loses nothing`, async () => {
    const undisturbed = await run(scenario, 0, 'before');
    expect(undisturbed.broken).toEqual([]);
    if (scenario.deletes) expect(Object.keys(undisturbed.end).filter((id) => id.includes('demo'))).toEqual(['ConfigMap/demo-east-slots', 'Lease/demo-east-s0', 'PersistentVolumeClaim/data-demo-east-s0-0', 'Secret/demo-auth']);
    else expect(JSON.stringify(undisturbed.end['CacheCluster/demo'])).toContain(`"reason":"${scenario.ends ?? 'Serving'}","status":"${scenario.ends === undefined ? 'True' : 'False'}"`);
    const check = async (deadline: number, moment: 'before' | 'after'): Promise<void> => {
      const { end, broken, died } = await run(scenario, deadline, moment);
      expect(died, `await ${deadline} is reached`).toBe(true);
      expect(broken, `killed ${moment} await ${deadline}`).toEqual([]);
      expect(end, `killed ${moment} await ${deadline}`).toEqual(undisturbed.end);
    };
    expect(undisturbed.calls.filter((kind) => kind === 'write').length).toBeGreaterThan(3);
    // What is awaited once nothing is to be done any more is the same question again and again.
    const awaited = undisturbed.calls.slice(0, undisturbed.calls.lastIndexOf('write') + 3);
    for (const [index, kind] of awaited.entries()) {
      if (scenario.atWritesOnly === true && kind === 'read') continue;
      await check(index + 1, 'before');
      // Before a read's answer is where the read began.
      if (kind === 'write') await check(index + 1, 'after');
    }
  }, 240_000);
}
