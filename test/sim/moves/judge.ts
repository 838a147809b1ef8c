import type { History, Operation } from '../check/history.ts';
import { checkLinearizability } from '../check/linearizability.ts';
import type { Seen } from './clients.ts';
import { allKeys, slotOfKey, slots } from './keys.ts';
import type { SimRegion } from './region.ts';

/** What must hold once everything healed: nothing lost or doubled, each slot with whom the targets want it, nothing of any move left. */
export function judge(region: SimRegion, history: History, seen: Seen): void {
  const { broken } = region;
  const losses = region.emptied.filter(({ atMs }) => atMs > 2_000).flatMap(({ atMs }) => allKeys.map((key): Operation => ({ id: -1, client: -1, key, kind: 'delete', callMs: atMs, outcome: 'unknown' })));
  const linear = checkLinearizability([...history.operations, ...losses]);
  if (!linear.ok) broken(`not linearizable: key ${linear.key}`);
  if (losses.length === 0) judgeSequences(broken, seen);

  const map = region.maps.current();
  if (map.moves.length > 0) broken(`moves are not over: ${map.moves.map((move) => `${move.id} ${move.from}-${move.to} ${move.source}>${move.target}`).join(', ')}`);
  const primaries = region.names.map((_, shard) => region.living().filter((node) => node.shard === shard && node.member.state.serving));
  primaries.forEach((serving, shard) => {
    if (serving.length !== 1) broken(`${serving.length} primaries of shard ${shard} serve after everything healed`);
  });
  for (let slot = 0; slot < slots; slot++) {
    const wanted = region.targets().ranges.find(({ from, to }) => from <= slot && slot <= to)?.shard;
    const owners = primaries.flat().filter((node) => node.serves(slot)).map((node) => node.shard);
    if (owners.length !== 1) broken(`slot ${slot} is served by ${owners.length} shards in the end: ${owners.join(' and ')}`);
    else if (owners[0] !== wanted) broken(`slot ${slot} is shard ${owners[0]}'s in the end, wanted ${wanted}`);
    const holders = region.living().filter((node) => node.shard !== owners[0] && node.store.keysOf({ from: slot, to: slot }).length > 0);
    if (holders.length > 0) broken(`slot ${slot} still has keys at ${holders.map((node) => node.name).join(', ')}`);
  }
  for (const node of region.living()) if (node.isInvolved({ from: 0, to: slots - 1 })) broken(`${node.name} still has something of a move: ${JSON.stringify(node.ledger)}`);
  for (const [shard, names] of region.names.entries()) {
    const contents = names.map((name) => region.nodes.get(name)).filter((node) => node?.alive === true).map((node) => JSON.stringify([...(node?.store.entries ?? [])].toSorted()));
    if (new Set(contents).size > 1) broken(`copies of shard ${shard} differ: ${contents.join(' | ').slice(0, 300)}`);
  }
}

/** V1: of two writes in a slot, one after the other, the later has the higher sequence, whoever served them. */
export function judgeSequences(broken: (what: string) => void, seen: Seen): void {
  const bySlot = Map.groupBy(seen.writes, ({ operation }) => slotOfKey(operation.key));
  for (const [slot, writes] of bySlot) {
    const byEnd = writes.toSorted((a, b) => (a.operation.returnMs ?? 0) - (b.operation.returnMs ?? 0));
    let highest = 0;
    let done = 0;
    for (const { operation, sequence } of writes.toSorted((a, b) => a.operation.callMs - b.operation.callMs)) {
      while (done < byEnd.length && (byEnd[done].operation.returnMs ?? 0) < operation.callMs) highest = Math.max(highest, byEnd[done++].sequence);
      if (sequence <= highest) broken(`a dot of slot ${slot} was used again: ${sequence} after ${highest}`);
    }
  }
}
