import { decideResharding } from '../../operator/resharding/decide.ts';
import type { ShardRange } from '../../operator/resharding/owners.ts';
import { previewOf } from '../../operator/resharding/preview.ts';
import { slotCount } from '../../shared/slots/crc16.ts';
import { evenSplit } from '../../shared/slots/ranges.ts';

export const title = 'the plan of a change of shards: 16384 slots, 1,000 shards, with hash and preview (goal: 50 ms)';

const runs = 50;
const even = (shards: number): ShardRange[] => evenSplit(shards).map((range, shard) => ({ ...range, shard }));
/** Every slot a range of its own: the worst that cancelled plans could leave. */
const scattered = Array.from({ length: slotCount }, (_, slot): ShardRange => ({ from: slot, to: slot, shard: (slot * 7919) % 1000 }));

const cases: readonly (readonly [string, readonly ShardRange[], number])[] = [
  ['999 to 1,000 shards', even(999), 1000],
  ['500 to 1,000 shards', even(500), 1000],
  ['1,000 to 500 shards', even(1000), 500],
  ['1,000 to 700 shards, every slot a range of its own', scattered, 700],
];

export async function run(): Promise<void> {
  const loads = { memoryBytes: 1e12, bytesOf: () => 1e9 };
  for (const [name, owned, shards] of cases) {
    const map = { formatVersion: 1 as const, version: 7, ranges: owned.map((range) => ({ ...range, generation: 1 })), moves: [] };
    const targets = { formatVersion: 1 as const, generation: 7, ranges: [...owned], wish: { shards: 1 } };
    const region = { name: 'east', map, targets, seenGeneration: 7 };
    const times = Array.from({ length: runs }, () => {
      const startMs = performance.now();
      previewOf(decideResharding({ wish: { shards }, regions: [region], approval: 'auto', loads }), loads, Math.round);
      return performance.now() - startMs;
    });
    const sorted = times.toSorted((a, b) => a - b);
    console.log(`${name.padEnd(52)} first ${times[0].toFixed(1)} ms, p50 ${sorted[runs / 2].toFixed(1)} ms, worst ${sorted[runs - 1].toFixed(1)} ms`);
  }
}
