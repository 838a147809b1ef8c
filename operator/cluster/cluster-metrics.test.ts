import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createClusterMetrics } from './cluster-metrics.ts';

const cluster = { namespace: 'apps', name: 'demo' };
const failover = { shard: 'demo-east-s0', region: 'east', epoch: 2, from: 'a', to: 'b' };

it('counts takeovers and emptied shards, and files durations by cause', async () => {
  const registry = new Registry();
  const metrics = createClusterMetrics(registry);
  metrics.failedOver(cluster, { ...failover, cause: 'proof', outageMs: 140 });
  metrics.failedOver(cluster, { ...failover, cause: 'empty', outageMs: 31_000 });
  metrics.failedOver(cluster, { ...failover, cause: 'unknown' });
  const text = await registry.metrics();
  expect(text).toContain('meridian_failovers_total{namespace="apps",cluster="demo",region="east",cause="proof"} 1');
  expect(text).toContain('meridian_failover_duration_seconds_bucket{le="0.1",cause="proof"} 0');
  expect(text).toContain('meridian_failover_duration_seconds_bucket{le="0.15",cause="proof"} 1');
  expect(text).toContain('meridian_shards_emptied_total{namespace="apps",cluster="demo",region="east"} 1');
  expect(text).not.toContain('meridian_failover_duration_seconds_count{cause="unknown"}');
});

it('shows what is missing now, and nothing of a cluster that is gone', async () => {
  const registry = new Registry();
  const metrics = createClusterMetrics(registry);
  metrics.counted(cluster, { shards: 3, served: 2, copies: 6, inSync: 4 });
  expect(await registry.metrics()).toContain('meridian_cluster_copies{namespace="apps",cluster="demo",state="missing"} 2');
  expect(await registry.metrics()).toContain('meridian_cluster_shards{namespace="apps",cluster="demo",state="unserved"} 1');
  metrics.forgotten(cluster);
  expect(await registry.metrics()).not.toContain('cluster="demo"');
});
