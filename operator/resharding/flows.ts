import type { SlotRange } from '../../shared/slots/ranges.ts';
import { nobody, ownersOf, type ShardRange } from './owners.ts';

/** The slots that go from one shard to another. */
export interface Flow {
  readonly source: number;
  readonly target: number;
  readonly slots: number;
  /** Ascending. */
  readonly ranges: readonly SlotRange[];
}

/** What has to move from one ownership to another, by source, then target. */
export function flowsOf(before: readonly ShardRange[], after: readonly ShardRange[]): readonly Flow[] {
  const [is, wanted] = [ownersOf(before), ownersOf(after)];
  const flows = new Map<string, { source: number; target: number; slots: number; ranges: { from: number; to: number }[] }>();
  for (let slot = 0; slot < is.length; slot += 1) {
    const [source, target] = [is[slot], wanted[slot]];
    if (source === target || source === nobody || target === nobody) continue;
    const key = `${source} ${target}`;
    const flow = flows.get(key) ?? { source, target, slots: 0, ranges: [] };
    flows.set(key, flow);
    flow.slots += 1;
    const last = flow.ranges.at(-1);
    if (last?.to === slot - 1) last.to = slot;
    else flow.ranges.push({ from: slot, to: slot });
  }
  return [...flows.values()].toSorted((a, b) => a.source - b.source || a.target - b.target);
}
