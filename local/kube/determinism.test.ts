import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { manualPorts } from '../../test/runtime/manual-ports.ts';
import { startLocalKube } from './local-kube.ts';
import { createVirtualRuntime } from './pods/virtual-runtime.ts';

const { pod, statefulSet, configMap, podDisruptionBudget } = resourceTypes;

/** xorshift: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const set = (name: string, replicas: number): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name, namespace: 'default' },
  spec: {
    replicas,
    podManagementPolicy: 'Parallel',
    selector: { matchLabels: { set: name } },
    template: {
      metadata: { labels: { set: name } },
      spec: {
        terminationGracePeriodSeconds: 3,
        containers: [{ name: 'main', image: 'a:1', volumeMounts: [{ name: 'c', mountPath: '/c' }], readinessProbe: { httpGet: { path: '/readyz', port: 80 }, periodSeconds: 1 } }],
        volumes: [{ name: 'c', configMap: { name: 'shared' } }],
      },
    },
  },
});

/** A run of random operations; every watch event and everything that containers saw, as one hash. */
async function run(seed: number): Promise<{ readonly hash: string; readonly length: number }> {
  const ports = manualPorts();
  const unit = seeded(seed);
  const random = { unit, bytes: (length: number) => Uint8Array.from({ length }, () => Math.floor(unit() * 256)) };
  const virtual = createVirtualRuntime(ports, { readyAfterMs: 700, stopsAfterMs: 400 });
  const kube = startLocalKube({ ports: { ...ports, random }, kubelet: { runtime: virtual.runtime } });
  const lines: string[] = [];
  for (const type of [pod, statefulSet, configMap, podDisruptionBudget]) {
    kube.port.watch(type, { resourceVersion: '' }, { event: (event) => lines.push(`${ports.clock.monotonicMs()} ${JSON.stringify(event)}`), end: () => lines.push('end') });
  }
  const names = ['a', 'b', 'c'];
  const pick = <T>(items: readonly T[]): T => items[Math.floor(unit() * items.length)];
  const operations: (() => Promise<unknown>)[] = [
    () => kube.port.apply(statefulSet, set(pick(names), 1 + Math.floor(unit() * 3)), { fieldManager: pick(['x', 'y']), force: unit() < 0.7 }),
    () => kube.port.apply(configMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'shared', namespace: 'default' }, data: { value: String(unit()) } }, { fieldManager: 'x', force: true }),
    () => kube.port.delete(pod, 'default', `${pick(names)}-0`, unit() < 0.3 ? { gracePeriodSeconds: 0 } : {}),
    () => kube.port.evict('default', `${pick(names)}-1`),
    () => kube.port.apply(podDisruptionBudget, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'all', namespace: 'default' }, spec: { maxUnavailable: 1, selector: { matchLabels: { set: pick(names) } } } }, { fieldManager: 'x', force: true }),
    () => kube.port.delete(statefulSet, 'default', pick(names), { propagationPolicy: pick(['Background', 'Foreground', 'Orphan'] as const) }),
    () => Promise.resolve(virtual.kill('default', `${pick(names)}-0`)),
  ];
  for (let step = 0; step < 150; step += 1) {
    await pick(operations)().catch((error: Error) => lines.push(error.message));
    await ports.advance(Math.floor(unit() * 1500));
  }
  await ports.advance(60_000);
  const log = [...lines, ...virtual.log];
  return { hash: createHash('sha256').update(log.join('\n')).digest('hex'), length: log.length };
}

describe('the in-process Kubernetes under virtual time', () => {
  it('does the same again from the same seed, and something else from another', async () => {
    const runs = [await run(1), await run(1), await run(2)];
    expect(runs[0].length).toBeGreaterThan(300);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2].hash).not.toBe(runs[0].hash);
  });
});
