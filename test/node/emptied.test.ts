import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { afterEach, expect, it } from 'vitest';
import { createClusterMetrics } from '../../operator/cluster/cluster-metrics.ts';
import { eventOfFailover, followLeases, type SeenLeases } from '../../operator/cluster/failovers.ts';
import type { Observed } from '../../operator/cluster/observed.ts';
import type { KubeObject } from '../../operator/kube/port.ts';
import { labels } from '../../shared/kube/names.ts';
import { keysOfShard } from './history-clients.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from './region-of-processes.ts';

let region: ProcessRegion;
const clients: Redis[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await region.close();
});

const emptyShardAfterMs = 3_000;

function clientOf(node: NodeProcess): Redis {
  const client = new Redis(node.ports.redis, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null, enableReadyCheck: false });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

const cluster: KubeObject = { apiVersion: 'v1', kind: 'CacheCluster', metadata: { name: 'quick', namespace: 'default', uid: 'c' } };

/** What the operator sees: the Lease as it is now, and what this node says of itself. */
async function observed(nowMs: number, node: NodeProcess): Promise<Observed> {
  const stored = region.kube.objects.get(region.leasePath(0));
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...stored, metadata: { ...stored?.metadata, namespace: 'default', labels: { [labels.clusterUid]: 'c', [labels.region]: 'eu' } } } as KubeObject;
  return { nowMs, cluster, objects: new Map([['Lease/quick-eu-s0', lease]]), pods: [], earlierPods: [], reports: new Map([[node.pod, await node.admin.status()]]), unseenWrites: 0, settings: { defaultImage: '', authByDefault: true, operatorVersion: '1' } };
}

it('B1: a shard whose last copy is out of reach comes back empty after `emptyShardAfter`, and not before; an event and a metric say so, and who wakes up serves nothing', { timeout: 120_000 }, async () => {
  region = await startRegion({ shards: 2, replicas: 1, emptyShardAfterMs });
  const [last, lost] = await Promise.all([[0, 0], [0, 1], [1, 0], [1, 1]].map(([shard, ordinal]) => region.start(shard, ordinal)));
  await eventually(() => last.admin.status(), ({ isr }) => isr.length === 2);
  const primary = clientOf((await last.admin.status()).role === 'primary' ? last : lost);
  expect(await primary.set(keysOfShard(0, 2, 1)[0], 'before').catch(() => 'moved')).toMatch(/OK|moved/);
  await lost.stop('SIGKILL');
  await eventually(() => last.admin.status(), ({ isr, role }) => isr.length === 1 && role === 'primary');
  const seen = followLeases(new Map() as SeenLeases, await observed(0, last)).seen;
  // Its machine is gone, for all that anybody can tell: nothing proves it dead.
  last.child.kill('SIGSTOP');
  const empty = await region.start(0, 1, { ports: lost.ports });
  const status = await eventually(() => empty.admin.status(), ({ role, notServing }) => role === 'primary' && notServing === undefined);
  expect(status).toMatchObject({ keys: 0, takeover: { cause: 'empty' }, isr: [empty.pod] });
  expect(status.takeover?.outageMs).toBeGreaterThanOrEqual(emptyShardAfterMs);
  expect(empty.records.some(({ what }) => what === 'restarted-empty')).toBe(true);
  const { failovers } = followLeases(seen, await observed(1, empty));
  expect(failovers.map(eventOfFailover)).toMatchObject([{ type: 'Warning', reason: 'ShardEmptied' }]);
  const registry = new Registry();
  const metrics = createClusterMetrics(registry);
  for (const failover of failovers) metrics.failedOver({ namespace: 'default', name: 'quick' }, failover);
  expect(await registry.metrics()).toContain('meridian_shards_emptied_total{namespace="default",cluster="quick",region="eu"} 1');
  last.child.kill('SIGCONT');
  const joined = await eventually(() => last.admin.status(), ({ role }) => role === 'replica');
  expect(joined).toMatchObject({ keys: 0, primary: empty.pod, epoch: status.epoch });
});
