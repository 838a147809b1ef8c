export const region = 'main';

interface Shape {
  readonly name: string;
  readonly shards: number;
  readonly copies: number;
  readonly memory: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** One region whose pods may run on every node: what a region with several machines is. */
export const oneRegion = ({ name, shards, copies, memory, more = {} }: Shape): object => ({
  apiVersion: 'meridiancache.io/v1alpha1',
  kind: 'CacheCluster',
  metadata: { name, namespace: 'default' },
  spec: { shards, replicas: copies, memory, regions: [{ name: region }], ...more },
});
