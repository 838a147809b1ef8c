import { annotations, shardName, targetsConfigMap, targetsKey } from '../../../shared/kube/names.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { targetsSchema, type Targets } from '../../../shared/kube/documents.ts';
import type { ClusterWorld } from './cluster-world.ts';
import { clusterName, namespace } from './names.ts';
import type { ClusterProfile } from './run.ts';
import { snapshotPath } from './sim-snapshots.ts';

/** One course of events, step by step. */
export interface ClusterScript {
  readonly profile: ClusterProfile;
  readonly run: (cluster: ClusterWorld) => void;
}

const calm = { faults: [], deeds: [] } as const;
const after = (cluster: ClusterWorld, ms: number, act: () => void): void => void cluster.world.at(cluster.world.nowMs() + ms, act);

function targetsOf(cluster: ClusterWorld, region: string): Targets {
  const object = cluster.api.find(resourceTypes.configMap, namespace, targetsConfigMap(clusterName, region));
  return targetsSchema.parse(JSON.parse(object?.data?.[targetsKey] ?? ''));
}

export const clusterScripts = {
  /** A plan is cancelled while slots move slowly in two regions: each goes back to what is. */
  cancelledUnderWay: {
    profile: { name: 'cancelledUnderWay', ...calm, regions: 2, shards: 1 },
    run(cluster) {
      after(cluster, 500, () => cluster.edit({ spec: { shards: 2, resharding: { bytesPerSecond: '60' } } }));
      after(cluster, 4_000, () => cluster.edit({ metadata: { annotations: { [annotations.cancel]: cluster.status().plan?.hash ?? null } } }));
      after(cluster, 12_000, () => {
        for (const region of cluster.regionNames()) {
          const { cancelled, plan } = targetsOf(cluster, region);
          if (cancelled === undefined) cluster.broken(`region ${region} still follows plan ${plan ?? ''}, which was cancelled`);
        }
        if ((cluster.status().plan?.slots ?? 0) > 0) cluster.broken('slots are still to move by a plan that was cancelled');
      });
      after(cluster, 13_000, () => cluster.edit({ spec: { resharding: { bytesPerSecond: null } } }));
    },
  },
  /** An approval that was given for another plan. */
  approvedOtherPlan: {
    profile: { name: 'approvedOtherPlan', ...calm, regions: 1, shards: 1 },
    run(cluster) {
      after(cluster, 500, () => cluster.edit({ spec: { shards: 2, resharding: { approval: 'manual' } } }));
      after(cluster, 3_000, () => cluster.edit({ metadata: { annotations: { [annotations.approve]: cluster.status().plan?.hash ?? null } }, spec: { shards: 3 } }));
      after(cluster, 20_000, () => {
        if (cluster.regionOf('east').access.map()?.ranges.some(({ shard }) => shard > 0) === true) cluster.broken('slots moved by a plan that nobody approved');
      });
    },
  },
  /**
   * The operator dies between the Lease of a new shard and the status that would say its epoch. Its nodes come up, one takes over from the other, and the shard is asked for no
   * more. Made again later, it begins above all that (P4).
   */
  comesAgain: {
    profile: { name: 'comesAgain', ...calm, regions: 1, shards: 1 },
    run(cluster) {
      const name = shardName(clusterName, 'east', 1);
      after(cluster, 500, () => cluster.edit({ spec: { shards: 2 } }));
      const watch = (): void => {
        if (cluster.api.find(resourceTypes.statefulSet, namespace, name) !== undefined) return cluster.killOperator();
        return after(cluster, 1, watch);
      };
      after(cluster, 500, watch);
      after(cluster, 1_700, () => cluster.pods.processes.get(`${name}-0`)?.end({ exitCode: 137, signal: 9 }));
      after(cluster, 1_800, () => cluster.edit({ spec: { shards: 1 } }));
      after(cluster, 14_000, () => cluster.edit({ spec: { shards: 2 } }));
    },
  },
  /** A cluster sleeps, wakes, takes writes and sleeps again; meanwhile its volumes are put back to what they were when it slept first. Nothing of that may be shown. */
  volumePutBack: {
    profile: { name: 'volumePutBack', ...calm, storage: true, regions: 1, shards: 1 },
    run(cluster) {
      const sleep = (hibernate: boolean) => (): void => cluster.edit({ spec: { hibernate } });
      after(cluster, 500, sleep(true));
      after(cluster, 4_000, sleep(false));
      after(cluster, 10_000, sleep(true));
      after(cluster, 15_000, () => {
        for (const [claim, volume] of cluster.volumes) if (volume.damage(snapshotPath, 'older')) cluster.damaged.add(claim.slice('data-'.length).replace(/-\d+$/, ''));
        if (cluster.damaged.size === 0) cluster.broken('no volume has had two snapshots');
      });
      after(cluster, 15_500, sleep(false));
    },
  },
  /** The witness of a shard that sleeps is a pod that will never come again: its shard was removed meanwhile. The sleeping one wakes all the same (H1). */
  witnessGoesMeanwhile: {
    profile: { name: 'witnessGoesMeanwhile', ...calm, storage: true, regions: 1, shards: 2 },
    run(cluster) {
      after(cluster, 500, () => cluster.edit({ spec: { hibernate: true } }));
      after(cluster, 5_000, () => {
        if (cluster.pods.processes.size > 0) cluster.broken('it does not sleep');
        for (const { metadata } of cluster.api.list(resourceTypes.lease, { namespace }).items) {
          const config = { ...(JSON.parse(metadata.annotations?.[annotations.config] ?? '{}') as object), witness: shardName(clusterName, 'east', 7) + '-0' };
          cluster.api.patch(resourceTypes.lease, namespace, metadata.name, { type: 'merge', patch: { metadata: { annotations: { [annotations.config]: JSON.stringify(config) } } } }, { manager: 'test' });
        }
        cluster.edit({ spec: { hibernate: false } });
      });
    },
  },
  /** No volume takes a snapshot: the status says why, no pod stops, and writes go on. */
  volumesFull: {
    profile: { name: 'volumesFull', ...calm, storage: true, regions: 1, shards: 2 },
    run(cluster) {
      after(cluster, 200, () => {
        cluster.edit({ spec: { hibernate: true } });
        for (const { claim } of cluster.pods.processes.values()) if (claim !== undefined) cluster.volumeOf(claim).faults.full = true;
      });
      after(cluster, 8_000, () => {
        const said = cluster.status().conditions?.find(({ type }) => type === 'Stalled');
        if (said?.status !== 'True' || said.message?.includes('ENOSPC') !== true && said.message?.includes('MB free') !== true) cluster.broken(`no word of the full volumes: ${said?.message ?? 'nothing'}`);
        if (cluster.pods.processes.size !== 4) cluster.broken(`${4 - cluster.pods.processes.size} pods stopped though nothing was kept`);
        for (const node of cluster.regionOf('east').wires.living()) if (node.leads && !node.takesWrites) cluster.broken(`${node.name} refuses writes though its volume is full`);
        cluster.edit({ spec: { hibernate: false } });
      });
    },
  },
} as const satisfies Record<string, ClusterScript>;

export type ClusterScriptName = keyof typeof clusterScripts;
