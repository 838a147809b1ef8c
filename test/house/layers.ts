/**
 * The layers of the design ("imports only go down"), as data. A folder may import itself and what is listed for it; the longest
 * matching prefix counts.
 */
const nodeEngine = ['node/engine', 'node/eviction', 'node/replication', 'node/tiers', 'node/io', 'shared'];

export const layers: Readonly<Record<string, readonly string[]>> = {
  shared: ['shared'],
  sdk: ['sdk', 'shared'],

  'node/eviction': ['node/eviction', 'shared'],
  'node/io': ['node/io', 'shared'],
  'node/replication': ['node/replication', 'node/eviction', 'node/io', 'shared'],
  'node/tiers': ['node/tiers', 'node/eviction', 'node/io', 'shared'],
  'node/engine': nodeEngine,
  'node/tenants': ['node/tenants', ...nodeEngine],
  'node/topology/view.ts': ['shared'],
  'node/commands': ['node/commands', 'node/tenants', 'node/topology/view.ts', 'node/server/reply-writer.ts', 'node/server/client-session.ts', 'node/server/double-text.ts', ...nodeEngine],
  'node/admin': ['node/admin', 'node/topology/view.ts', ...nodeEngine],
  'node/server': ['node/server', 'node/commands', 'node/tenants', 'node/admin', 'node/topology/view.ts', ...nodeEngine],
  node: ['node', 'shared'],

  'operator/kube': ['operator/kube', 'shared'],
  'operator/resources': ['operator/resources', 'operator/kube', 'shared'],
  'operator/node-api': ['operator/node-api', 'operator/kube', 'shared'],
  'operator/runtime': ['operator/runtime', 'operator/resources', 'operator/kube', 'operator/node-api', 'shared'],
  'operator/actions': ['operator/actions', 'operator/runtime', 'operator/resources', 'operator/kube', 'operator/node-api', 'shared'],
  operator: ['operator', 'shared'],

  local: ['local', 'node', 'operator', 'shared'],
  cli: ['cli', 'local', 'node', 'operator', 'sdk', 'shared'],
};

export function layerOf(path: string): string | undefined {
  return Object.keys(layers)
    .filter((prefix) => path === prefix || path.startsWith(`${prefix}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

export function mayImport(from: string, to: string): boolean {
  const layer = layerOf(from);
  if (layer === undefined) return true;
  return layers[layer].some((prefix) => to === prefix || to.startsWith(`${prefix}/`));
}
