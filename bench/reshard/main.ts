import { evenSplit } from '../../shared/slots/ranges.ts';
import { slotCount } from '../../shared/slots/crc16.ts';
import { eventually, startRegion, type NodeProcess } from '../../test/node/region-of-processes.ts';
import { startUniqueWriters } from '../../test/moves/unique-writers.ts';
import { percentile } from '../statistics.ts';
import { fill } from './fill.ts';
import { reshardRedis } from './redis.ts';

export const title = 'Moving slots 3 → 4 → 3 shards [MEGABYTES] [REPLICAS] [CLIENTS] [ours|redis]: MB/s, pauses of writes, clients meanwhile; redis-cli --cluster reshard beside it';

const megabyte = 1024 * 1024;
const valueBytes = 1024;
const shards = 3;
const baselineMs = 3_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function run(args: readonly string[]): Promise<void> {
  const bytes = Number(args[0] ?? 192) * megabyte;
  const replicas = Number(args[1] ?? 0);
  const clients = Number(args[2] ?? 4);
  if (args[3] !== 'redis') await reshardOurs(bytes, replicas, clients);
  if (args[3] !== 'ours') await reshardRedis(bytes, valueBytes);
}

async function reshardOurs(bytes: number, replicas: number, clients: number): Promise<void> {
  const region = await startRegion({ shards, replicas, memoryBytes: Math.max(256 * megabyte, bytes) });
  try {
    const copies = Array.from({ length: 1 + replicas }, (_, ordinal) => ordinal);
    const startShard = (shard: number): Promise<NodeProcess[]> => Promise.all(copies.map((ordinal) => region.start(shard, ordinal)));
    const nodes = (await Promise.all(evenSplit(shards).map((_, shard) => startShard(shard)))).flat();
    const settled = (): Promise<unknown> => Promise.all(nodes.map((node) => eventually(() => node.admin.status(), (status) => status.isr.length === 1 + replicas && (status.role === 'primary' || status.role === 'replica'))));
    await settled();
    const statuses = await Promise.all(nodes.map(async (node) => ({ node, status: await node.admin.status() })));
    const portOf = evenSplit(shards).map((_, shard) => statuses.find(({ status }) => status.shard === shard && status.role === 'primary')?.node.ports.redis ?? 0);
    const keys = await fill((slot) => portOf[Math.floor(((slot + 1) * shards - 1) / slotCount)], bytes, valueBytes);
    console.log(`${keys} keys of ${valueBytes} B in ${shards} shards, ${replicas} replicas, ${clients} clients write and read`);
    const writers = startUniqueWriters({ ports: nodes.map((node) => node.ports.redis), clients });
    region.addShard(shards);
    nodes.push(...(await startShard(shards)));
    await settled();
    await sleep(baselineMs);
    writers.latenciesMs.length = 0;
    await sleep(baselineMs);
    const before = [...writers.latenciesMs];
    for (const to of [shards + 1, shards]) {
      const seen = nodes.map((node) => node.records.length);
      writers.latenciesMs.length = 0;
      const begin = performance.now();
      await order(region, nodes, to);
      report(to, performance.now() - begin, nodes.flatMap((node, i) => node.records.slice(seen[i])), [...writers.latenciesMs], before);
    }
    await writers.finish();
    const wrong = [...writers.failures, ...writers.losses];
    console.log(`${writers.count()} operations, ${writers.failures.length} failed, ${writers.losses.length} lost${wrong.length > 0 ? `: ${wrong.slice(0, 5).join('; ')}` : ''}`);
    if (wrong.length > 0) process.exitCode = 1;
  } finally {
    await region.close();
  }
}

async function order(region: Awaited<ReturnType<typeof startRegion>>, nodes: readonly NodeProcess[], to: number): Promise<void> {
  region.writeTargets(evenSplit(to).map((range, shard) => ({ ...range, shard })));
  await Promise.all(nodes.map((node) => node.admin.targetsChanged()));
  const total = (shard: number): number => region.map().ranges.filter((range) => range.shard === shard).reduce((sum, range) => sum + range.to - range.from + 1, 0);
  await eventually(() => region.map().moves.length, (left) => left === 0 && (to > shards ? total(shards) === Math.floor(slotCount / to) : total(shards) === 0));
}

function report(to: number, tookMs: number, records: readonly Record<string, unknown>[], during: readonly number[], before: readonly number[]): void {
  const released = records.filter((record) => record.what === 'released slots') as unknown as { readonly source: number; readonly target: number; readonly bytes: number; readonly pausedMs: number; readonly time: string; readonly id: string }[];
  const begun = new Map((records.filter((record) => record.what === 'copying slots') as unknown as { readonly id: string; readonly time: string }[]).map(({ id, time }) => [id, Date.parse(time)]));
  const pairs = Map.groupBy(released, ({ source, target }) => `${source}→${target}`);
  const bytes = released.reduce((sum, one) => sum + one.bytes, 0);
  const copied = records.filter((record) => record.what === 'copied slots') as unknown as { readonly bytes: number; readonly copyMs: number; readonly source: number; readonly target: number }[];
  const copying = Array.from(Map.groupBy(copied, ({ source, target }) => `${source}→${target}`), ([pair, moves]) => `${pair} ${(moves.reduce((sum, one) => sum + one.bytes, 0) / megabyte / (moves.reduce((sum, one) => sum + one.copyMs, 0) / 1000)).toFixed(0)}`);
  const perPair = Array.from(pairs, ([pair, moves]) => {
    const spanMs = Math.max(...moves.map(({ time }) => Date.parse(time))) - Math.min(...moves.map(({ id, time }) => begun.get(id) ?? Date.parse(time)));
    return `${pair} ${(moves.reduce((sum, one) => sum + one.bytes, 0) / megabyte / (spanMs / 1000)).toFixed(0)}`;
  });
  const pauses = released.map(({ pausedMs }) => pausedMs);
  console.log(`to ${to} shards: ${(bytes / megabyte).toFixed(0)} MB in ${(tookMs / 1000).toFixed(1)} s = ${(bytes / megabyte / (tookMs / 1000)).toFixed(0)} MB/s in all; MB/s by pair: ${perPair.join(', ')}; while copying: ${copying.join(', ')}`);
  console.log(`  ${released.length} batches, writes paused p50 ${percentile(pauses, 0.5).toFixed(1)} ms, p99 ${percentile(pauses, 0.99).toFixed(1)} ms${before.length === 0 ? '' : `; clients p50/p99 before ${percentile(before, 0.5).toFixed(2)}/${percentile(before, 0.99).toFixed(2)} ms, meanwhile ${percentile(during, 0.5).toFixed(2)}/${percentile(during, 0.99).toFixed(2)} ms`}`);
}
