import { percentile } from '../statistics.ts';

const megabyte = 1024 * 1024;

interface MoveRecord {
  readonly what?: string;
  readonly time: string;
  readonly id: string;
  readonly source: number;
  readonly target: number;
  readonly bytes: number;
  readonly copyMs: number;
  readonly pausedMs: number;
  readonly sealMs: number;
  readonly takenMs: number;
  readonly releaseMs: number;
}

/** What the nodes logged of the moves of one step. */
export function reportMoves(to: number, tookMs: number, records: readonly Record<string, unknown>[]): void {
  const of = (what: string): readonly MoveRecord[] => (records as unknown as readonly MoveRecord[]).filter((record) => record.what === what);
  const begun = new Map(of('copying slots').map(({ id, time }) => [id, Date.parse(time)]));
  const released = of('released slots');
  const sum = (moves: readonly MoveRecord[], field: 'bytes' | 'copyMs'): number => moves.reduce((total, one) => total + one[field], 0);
  const pairOf = ({ source, target }: MoveRecord): string => `${source}→${target}`;
  const rates = (moves: readonly MoveRecord[], secondsOf: (moves: readonly MoveRecord[]) => number): string =>
    Array.from(Map.groupBy(moves, pairOf), ([pair, own]) => `${pair} ${(sum(own, 'bytes') / megabyte / secondsOf(own)).toFixed(0)}`).join(', ');
  const spanSeconds = (moves: readonly MoveRecord[]): number => (Math.max(...moves.map(({ time }) => Date.parse(time))) - Math.min(...moves.map(({ id, time }) => begun.get(id) ?? Date.parse(time)))) / 1000;
  const bytes = sum(released, 'bytes') / megabyte;
  console.log(`to ${to} shards: ${bytes.toFixed(0)} MB in ${(tookMs / 1000).toFixed(1)} s = ${(bytes / (tookMs / 1000)).toFixed(0)} MB/s in all; MB/s by pair: ${rates(released, spanSeconds)}; while copying: ${rates(of('copied slots'), (moves) => sum(moves, 'copyMs') / 1000)}`);
  const line = (field: 'pausedMs' | 'sealMs' | 'takenMs' | 'releaseMs'): string => `p50 ${percentile(released.map((one) => one[field]), 0.5).toFixed(1)} p99 ${percentile(released.map((one) => one[field]), 0.99).toFixed(1)}`;
  console.log(`  ${released.length} batches, ${of('gave up a pause').length} pauses given up; writes paused ${line('pausedMs')} ms (last part ${line('sealMs')}, taken ${line('takenMs')}, released ${line('releaseMs')})`);
}
