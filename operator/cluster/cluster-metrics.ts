import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ClusterObserver } from './cluster-observer.ts';

/** Around what is promised: 0.15 s for a proved death, 1.5 s for silence. */
const outageBuckets = [0.05, 0.1, 0.15, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 10, 30, 60, 120];

/** The operator's metrics about clusters; names are a promise to dashboards and alerts. */
export function createClusterMetrics(registry: Registry): ClusterObserver {
  const registers = [registry];
  const failovers = new Counter({ registers, name: 'meridian_failovers_total', help: 'Shards that another primary took over, by cause.', labelNames: ['namespace', 'cluster', 'region', 'cause'] });
  const outages = new Histogram({ registers, name: 'meridian_failover_duration_seconds', help: 'How long nobody served a shard that was taken over, as its new primary measured it, by cause.', labelNames: ['cause'], buckets: outageBuckets });
  const emptied = new Counter({ registers, name: 'meridian_shards_emptied_total', help: 'Shards that came back empty because no copy was left.', labelNames: ['namespace', 'cluster', 'region'] });
  const shards = new Gauge({ registers, name: 'meridian_cluster_shards', help: 'Shards of all regions, by whether a ready primary serves them.', labelNames: ['namespace', 'cluster', 'state'] });
  const copies = new Gauge({ registers, name: 'meridian_cluster_copies', help: 'Copies beside the primaries, by whether they are in sync.', labelNames: ['namespace', 'cluster', 'state'] });
  return {
    failedOver({ namespace, name }, { region, cause, outageMs }) {
      failovers.inc({ namespace, cluster: name, region, cause });
      if (outageMs !== undefined) outages.observe({ cause }, outageMs / 1000);
      if (cause === 'empty') emptied.inc({ namespace, cluster: name, region });
    },
    counted({ namespace, name }, counts) {
      const of = { namespace, cluster: name };
      shards.set({ ...of, state: 'served' }, counts.served);
      shards.set({ ...of, state: 'unserved' }, counts.shards - counts.served);
      copies.set({ ...of, state: 'in_sync' }, counts.inSync);
      copies.set({ ...of, state: 'missing' }, counts.copies - counts.inSync);
    },
    forgotten({ namespace, name }) {
      for (const state of ['served', 'unserved']) shards.remove({ namespace, cluster: name, state });
      for (const state of ['in_sync', 'missing']) copies.remove({ namespace, cluster: name, state });
    },
  };
}
