import { expect, it } from 'vitest';
import type { KubeObject, KubePort } from '../operator/kube/port.ts';
import { asCluster, readShards } from './shards.ts';

const map = { formatVersion: 1, version: 4, ranges: [{ from: 0, to: 8_191, shard: 0, generation: 1 }, { from: 8_192, to: 16_383, shard: 1, generation: 1 }], moves: [] };
const objects: Readonly<Record<string, Partial<KubeObject>>> = {
  'demo-east-slots': { data: { 'map.json': JSON.stringify(map) } },
  'demo-east-s2': { metadata: { name: 'demo-east-s2' }, spec: { holderIdentity: 'demo-east-s2-0', leaseTransitions: 3 } },
};
const kube = { get: (_type: unknown, _namespace: unknown, name: string) => Promise.resolve(objects[name]) } as unknown as KubePort;

it('shows the shards that own no slots too', async () => {
  const cluster = asCluster({ apiVersion: 'meridiancache.io/v1alpha1', kind: 'CacheCluster', metadata: { name: 'demo' }, spec: {}, status: { shards: 3 } });
  expect((await readShards(kube, 'default', cluster, 'east'))?.map(({ shard, slots, primary }) => [shard, slots, primary])).toEqual([[0, 8_192, undefined], [1, 8_192, undefined], [2, 0, 'demo-east-s2-0']]);
  expect(await readShards(kube, 'default', cluster, 'west')).toBeUndefined();
});
