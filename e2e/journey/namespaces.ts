import type { KubeObject } from '../cluster/objects.ts';
import type { World } from '../world.ts';
import { until } from '../until.ts';
import { firstRegions, journey } from './manifests.ts';
import type { Step } from './step.ts';

type CacheNamespace = KubeObject<Readonly<Record<string, unknown>>, { readonly observedGeneration?: number; readonly revision?: number; readonly regions?: readonly { readonly name: string; readonly appliedRevision?: number }[] }>;

const carts = (spec: Readonly<Record<string, unknown>>): object => ({
  apiVersion: 'meridiancache.io/v1alpha1',
  kind: 'CacheNamespace',
  metadata: { name: 'carts', namespace: 'default' },
  spec: { clusterRef: { name: journey }, defaultTtl: '1h', access: [{ user: 'carts-api', verbs: ['read', 'write'] }], ...spec },
});

/** In force on every node of every region, as of the newest spec. */
async function untilInForce({ kubectl }: World): Promise<number> {
  const applied = await until('CacheNamespace carts to be in force', () => {
    const found = kubectl.get<CacheNamespace>('cachenamespaces', 'carts', 'default');
    const { revision, regions = [], observedGeneration } = found?.status ?? {};
    if (revision === undefined || observedGeneration !== found?.metadata.generation || regions.length !== firstRegions.length) return undefined;
    return regions.every(({ appliedRevision }) => (appliedRevision ?? 0) >= revision) ? revision : undefined;
  });
  kubectl.run('wait', 'cns/carts', '--namespace=default', '--for=condition=Ready', '--timeout=60s');
  return applied;
}

export const namespaces: Step = {
  name: 'a CacheNamespace reaches the nodes of every region, changes live, and goes with its keys',
  run: async (world, report) => {
    const { kubectl } = world;
    kubectl.apply([carts({})]);
    const first = await untilInForce(world);
    kubectl.apply([carts({ maxTtl: '2h', quota: { opsPerSecond: 1000 } })]);
    const second = await untilInForce(world);
    if (second <= first) throw new Error(`revision ${second} after ${first}`);
    report(kubectl.run('get', 'cns', 'carts', '--namespace=default', '--output=wide').trim());
    const refused = kubectl.tried('patch', 'cns', 'carts', '--namespace=default', '--type=merge', '--patch={"spec":{"consistency":"session"}}');
    if (refused.code === 0 || !refused.output.includes('consistency cannot be changed')) throw new Error(`a change of consistency was answered: ${refused.output}`);
    kubectl.run('delete', 'cns', 'carts', '--namespace=default', '--timeout=90s');
  },
};
