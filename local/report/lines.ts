import type { ClusterReport } from './cluster-report.ts';

/** What local mode tells its user, as text for people or as one JSON line each for programs. */
export type Change =
  /** `pending`: what of the spec is not carried out, in the operator's words. */
  | { readonly change: 'ready'; readonly cluster: ClusterReport; readonly pending?: string }
  | { readonly change: 'waiting'; readonly namespace: string; readonly name: string; readonly message: string }
  | { readonly change: 'deleted'; readonly namespace: string; readonly name: string }
  /** Of a CacheNamespace. `message`: its keys, or what it waits for. */
  | { readonly change: 'namespace'; readonly namespace: string; readonly name: string; readonly state: 'in force' | 'waiting' | 'deleted'; readonly message?: string }
  | { readonly change: 'refused'; readonly message: string }
  /** The files are in order again after a refusal. */
  | { readonly change: 'mended' };

export function readyLine(clusters: readonly ClusterReport[], status: string): string {
  return JSON.stringify({ event: 'ready', clusters, status });
}

export function changeLine(change: Change): string {
  if (change.change === 'ready') {
    const { namespace, name, regions } = change.cluster;
    return JSON.stringify({ event: 'changed', change: 'ready', namespace, name, regions, ...(change.pending === undefined ? {} : { pending: change.pending }) });
  }
  return JSON.stringify({ event: 'changed', ...change });
}

export function changeText(change: Change): string {
  switch (change.change) {
    case 'ready':
      return `${change.cluster.namespace}/${change.cluster.name} ${change.pending === undefined ? 'is ready' : `serves; ${change.pending}`}\n${clusterTable([change.cluster])}`;
    case 'waiting':
      return `${change.namespace}/${change.name}: ${change.message}`;
    case 'deleted':
      return `${change.namespace}/${change.name} is deleted`;
    case 'namespace':
      return `namespace ${change.namespace}/${change.name} is ${change.state}${change.message === undefined ? '' : `: ${change.message}`}`;
    case 'refused':
      return change.message;
    case 'mended':
      return 'the files are in order again, and applied';
    default:
      return change satisfies never;
  }
}

/** `127.0.0.1:7379-7381` for neighbouring ports. */
function shortList(addresses: readonly string[]): string {
  const ports = addresses.map((address) => Number(/:(\d+)$/.exec(address)?.[1]));
  const inOrder = ports.every((port, i) => i === 0 || port === ports[i - 1] + 1);
  if (ports.length < 2 || !inOrder) return addresses.join(' ');
  return `${addresses[0]}-${ports.at(-1)}`;
}

export function clusterTable(clusters: readonly ClusterReport[]): string {
  const rows = [['CLUSTER', 'REGION', 'REDIS', 'HTTP'], ...clusters.flatMap((cluster) => cluster.regions.map((region, i) => [i === 0 ? `${cluster.namespace}/${cluster.name}` : '', region.name, shortList(region.redis), shortList(region.http)]))];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('   ').trimEnd()).join('\n');
}

export function readyText(clusters: readonly ClusterReport[], status: string, seconds: string): string {
  if (clusters.length === 0) return `The manifests name no CacheCluster yet: save one, or use\n  kubectl -s ${status} apply --server-side -f FILE\nCtrl-C stops everything.`;
  const first = clusters[0]?.regions[0]?.redis[0];
  const port = first === undefined ? undefined : first.split(':')[1];
  const hints = [port === undefined ? undefined : `  redis-cli -c -p ${port} set a 1`, `  kubectl -s ${status} get cacheclusters`].filter((hint) => hint !== undefined);
  return `${clusterTable(clusters)}\n\nready after ${seconds} s; try\n${hints.join('\n')}\nSaving a manifest applies it. Ctrl-C stops everything.`;
}
