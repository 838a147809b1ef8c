import { flowsOf } from './flows.ts';
import { countsOf, ownersOf, type ShardRange } from './owners.ts';

/** What the shards hold, as their primaries say. */
export interface ShardLoads {
  /** Bytes of data of a shard; undefined while its primary has not said. */
  bytesOf(region: string, shard: number): number | undefined;
  /** Data limit of a shard. */
  readonly memoryBytes: number;
}

interface Change {
  readonly name: string;
  readonly before: readonly ShardRange[];
  readonly after: readonly ShardRange[];
}

const mib = 1024 * 1024;

/** Why the slots cannot be shared out like that: somebody would have to hold more than it may. A sentence with the number; undefined when all is well. */
export function memoryRefusal(changes: readonly Change[], loads: ShardLoads): string | undefined {
  for (const change of changes) {
    const refusal = refusalOf(change, loads);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refusalOf({ name, before, after }: Change, loads: ShardLoads): string | undefined {
  const counts = countsOf(ownersOf(before), 0);
  const held = counts.map((_, shard) => loads.bytesOf(name, shard));
  const then = new Map<number, number>();
  for (const { source, target, slots } of flowsOf(before, after)) {
    const bytes = held[source];
    // A shard that is emptied must say what it has: it goes afterwards.
    if (bytes === undefined && leaves(after, source)) return `shard ${source} of region ${name} does not say how much it holds, so it cannot be emptied yet`;
    then.set(target, (then.get(target) ?? held[target] ?? 0) + ((bytes ?? 0) * slots) / counts[source]);
  }
  const [fullest] = [...then].toSorted((a, b) => b[1] - a[1] || a[0] - b[0]);
  if (fullest === undefined || fullest[1] <= loads.memoryBytes) return undefined;
  const [shard, bytes] = fullest;
  return `shard ${shard} of region ${name} would hold ${mebibytes(bytes)} and may hold ${mebibytes(loads.memoryBytes)}: keep more shards, or raise spec.memory to ${mebibytes(bytes)} or more`;
}

const leaves = (after: readonly ShardRange[], shard: number): boolean => !after.some((range) => range.shard === shard);

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / mib)}Mi`;
