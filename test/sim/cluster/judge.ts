import type { History, Operation } from '../check/history.ts';
import { checkLinearizability } from '../check/linearizability.ts';
import type { Seen } from '../moves/clients.ts';
import { judgeSequences } from '../moves/judge.ts';
import { slotOfKey } from '../moves/keys.ts';
import type { ClusterWorld } from './cluster-world.ts';
import { keysOf } from './keys.ts';
import { podNames } from './rest.ts';

/** What must hold of one region once all is at rest: nothing lost or doubled, each slot with one shard, copies equal. */
export function judgeRegion(cluster: ClusterWorld, name: string, history: History, seen: Seen, healedMs: number): void {
  const { broken } = cluster;
  const { wires, access } = cluster.regionOf(name);
  // What the medium lost may be gone, and nothing older may come in its place.
  const losses = cluster.emptied.filter(({ region }) => region === name).flatMap(({ atMs }) => keysOf(name).map((key): Operation => ({ id: -1, client: -1, key, kind: 'delete', callMs: atMs, outcome: 'unknown' })));
  const linear = checkLinearizability([...history.operations, ...losses]);
  if (!linear.ok) broken(`not linearizable: key ${linear.key}`);
  if (losses.length === 0) judgeSequences(broken, seen);
  if (!history.operations.some((one) => one.callMs > healedMs && one.outcome === 'ok')) broken(`no operation of region ${name} succeeded after everything healed`);

  const map = access.map();
  const { shards, replicas } = cluster.spec();
  for (const slot of new Set(keysOf(name).map(slotOfKey))) {
    const owner = map?.ranges.find(({ from, to }) => from <= slot && slot <= to)?.shard;
    const serving = wires.living().filter((node) => node.serves(slot)).map((node) => node.shard);
    if (serving.length !== 1 || serving[0] !== owner) broken(`slot ${slot} is served by shards ${serving.join(' and ') || 'none'} in the end, the map says ${owner}`);
    const holders = wires.living().filter((node) => node.shard !== owner && node.store.keysIn(slot) > 0);
    if (holders.length > 0) broken(`slot ${slot} still has keys at ${holders.map((node) => node.name).join(', ')}`);
  }
  for (let shard = 0; shard < shards; shard++) {
    const contents = podNames(name, shard, 1 + replicas).map((pod) => JSON.stringify([...(wires.nodes.get(pod)?.store.entries ?? [])].toSorted()));
    if (new Set(contents).size > 1) broken(`copies of shard ${shard} of region ${name} differ: ${contents.join(' | ').slice(0, 300)}`);
  }
}
