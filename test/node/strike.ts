import { readLease, type LeaseObject } from '../../node/lease/document.ts';
import { eventually, type NodeProcess, type ProcessRegion } from './region-of-processes.ts';

/** Place in `nodes` of the primary that the Lease of shard 0 names, when all of `copies` are in sync as they run now. */
export function primaryInSync(region: ProcessRegion, nodes: readonly NodeProcess[], copies: number): number | undefined {
  const sight = readLease(region.kube.objects.get(region.leasePath(0)) as LeaseObject | undefined, 'quick-eu-s0-');
  if (sight.kind !== 'config' || sight.config.isr.length !== copies) return undefined;
  const { incarnations, isr, primary } = sight.config;
  if (!isr.every((pod) => nodes.some((node) => node.pod === pod && node.incarnation === incarnations[pod]))) return undefined;
  const place = nodes.findIndex((node) => node.pod === primary);
  return place < 0 ? undefined : place;
}

/**
 * Kills or stops the primary of shard 0 while the Lease has every copy in sync. On a busy machine a primary takes slow copies out, and then it is rightly the only one to
 * have everything: so what it had sent to the API server about that is not heard any more, and the others may take over.
 */
export async function strikePrimary(region: ProcessRegion, nodes: readonly NodeProcess[], copies: number, signal: 'SIGKILL' | 'SIGSTOP'): Promise<{ readonly struck: number; readonly atMs: number }> {
  return eventually(
    () => {
      const struck = primaryInSync(region, nodes, copies);
      if (struck === undefined) return undefined;
      region.kube.unheard.add(nodes[struck].pod);
      nodes[struck].child.kill(signal);
      return { struck, atMs: performance.now() };
    },
    (strike) => strike !== undefined,
  ) as Promise<{ readonly struck: number; readonly atMs: number }>;
}
