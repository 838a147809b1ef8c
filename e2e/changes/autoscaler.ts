import { startMetricsServer } from '../cluster/metrics-server.ts';
import type { CacheCluster, KubeObject } from '../cluster/objects.ts';
import { machineOf } from '../faults/world.ts';
import type { Step } from '../journey/step.ts';
import { until } from '../until.ts';
import { untilAllInSync } from '../world.ts';
import { oneRegion, region } from './manifests.ts';
import { withCluster } from './begin-and-end.ts';
import { underLoad, type LoadShape } from './under-load.ts';

const name = 'elastic';
const [least, most] = [2, 4];

type Autoscaler = KubeObject<Readonly<Record<string, unknown>>, { readonly desiredReplicas?: number; readonly currentReplicas?: number; readonly currentMetrics?: unknown; readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[] }>;

const quick = { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }] };

/** CPU of the pods that `status.selector` names, on average. */
const autoscaler = (milliCores: number): object => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name, namespace: 'default' },
  spec: {
    scaleTargetRef: { apiVersion: 'meridiancache.io/v1alpha1', kind: 'CacheCluster', name },
    minReplicas: least,
    maxReplicas: most,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: `${milliCores}m` } } }],
    behavior: { scaleUp: quick, scaleDown: { ...quick, stabilizationWindowSeconds: 10 } },
  },
});

export const realAutoscaler = (load: LoadShape): Step =>
  withCluster(name, oneRegion({ name, shards: least, copies: 0, memory: '64Mi' }), {
    name: 'a real HorizontalPodAutoscaler with a real metrics-server scales out and in by CPU under load, through the scale subresource',
    run: async (world, report) => {
      const { kubectl } = world;
      const metrics = await startMetricsServer(machineOf(world));
      try {
        const shardsOf = (): number | undefined => kubectl.get<CacheCluster>('cacheclusters', name, 'default')?.spec.shards;
        const told = (): string => {
          const found = kubectl.get<Autoscaler>('hpa', name, 'default')?.status;
          return `${JSON.stringify(found?.currentMetrics)}; ${(found?.conditions ?? []).map(({ type, status, message }) => `${type}=${status} ${message}`).join('; ')}`;
        };
        const untilShards = (wanted: number): Promise<number> =>
          until(`the autoscaler to ask for ${wanted} shards`, () => {
            if (shardsOf() !== wanted) throw new Error(`${shardsOf()} shards; ${told()}`);
            return wanted;
          }, 420_000);
        await underLoad(world, report, { cluster: name, region }, load, async (clients) => {
          await clients.fill({ megabytes: 24, valueBytes: 1024 });
          report(kubectl.run('top', 'pods', '--namespace=default', `--selector=meridiancache.io/cluster=${name}`, '--no-headers').replaceAll('\n', '; '));
          const startedMs = performance.now();
          // Below what any pod under load takes, then above it: the machine's speed decides nothing.
          kubectl.apply([autoscaler(1)]);
          await untilShards(most);
          await untilAllInSync(world, name);
          report(`${least} → ${most} shards in ${((performance.now() - startedMs) / 1000).toFixed(0)} s: ${told()}`);
          kubectl.apply([autoscaler(64_000)]);
          const scaledInMs = performance.now();
          await untilShards(least);
          await until('the shards to go', () => (kubectl.get<CacheCluster>('cacheclusters', name, 'default')?.status.shards === least ? true : undefined), 420_000);
          report(`${most} → ${least} shards in ${((performance.now() - scaledInMs) / 1000).toFixed(0)} s`);
          await clients.verify();
        });
      } finally {
        kubectl.run('delete', 'hpa', name, '--namespace=default', '--ignore-not-found');
        await metrics.stop();
      }
    },
  });
