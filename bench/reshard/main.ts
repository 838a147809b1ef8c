import { setTimeout as sleep } from 'node:timers/promises';
import { startEndless, type Endless } from '../../e2e/clients/languages.ts';
import { startLoad, type Load, type LoadFigures } from '../../e2e/clients/load.ts';
import { assign } from '../../operator/resharding/assign.ts';
import { evenSplit } from '../../shared/slots/ranges.ts';
import { slotCount } from '../../shared/slots/crc16.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from '../../test/node/region-of-processes.ts';
import { largeChunk } from '../../node/copies/pace.ts';
import { checkFilled, fill } from './fill.ts';
import { movePair } from './pair.ts';
import { reshardRedis } from './redis.ts';
import { measureSteps } from './steps.ts';
import { reportMoves } from './report.ts';

export const title = 'Moving slots: ours [MEGABYTES] [REPLICAS] [WRITES/s] = 3 → 4 → 8 → 3 shards under clients of three libraries; pair [MEGABYTES] [REPLICAS] = one pair, nobody else; steps [MEGABYTES] = what each step costs; redis [MEGABYTES] = redis-cli --cluster reshard';

const megabyte = 1024 * 1024;
const valueBytes = 1024;
const shards = 3;
const steps = [4, 8, 3] as const;
const calmMs = 5_000;
const readsPerSecond = 1_000;
const loadValueBytes = 100;
const keysPerLibrary = 500;

export async function run(args: readonly string[]): Promise<void> {
  const [what = 'ours', size, replicas] = args;
  if (what === 'pair') return movePair(Number(size ?? 200) * megabyte, valueBytes, Number(replicas ?? 0), args[3]);
  if (what === 'steps') return [largeChunk, { bytes: 48 * 1024, untilMs: Infinity }].forEach((bounds) => measureSteps(Number(size ?? 64) * megabyte, valueBytes, bounds));
  if (what === 'redis') return reshardRedis(Number(size ?? 200) * megabyte, valueBytes);
  return reshardOurs(Number(size ?? 1024) * megabyte, Number(replicas ?? 0), Number(args[3] ?? 10_000));
}

async function reshardOurs(bytes: number, replicas: number, writesPerSecond: number): Promise<void> {
  const region = await startRegion({ shards, replicas, memoryBytes: Math.max(128 * megabyte, Math.ceil(bytes * 0.75)) });
  const nodes: NodeProcess[] = [];
  const clients: Endless[] = [];
  let load: Load | undefined;
  try {
    await addShards(region, nodes, 0, shards, replicas);
    const primaries = await primariesOf(nodes);
    const portOfSlot = (slot: number): number => primaries[Math.floor(((slot + 1) * shards - 1) / slotCount)].ports.redis;
    const keys = await fill(portOfSlot, bytes, valueBytes);
    const places = { addresses: nodes.map((node) => `127.0.0.1:${node.ports.redis}`), reach: {} };
    load = startLoad({ places, password: '', writesPerSecond, readsPerSecond, valueBytes: loadValueBytes });
    for (const language of ['redis-py', 'go-redis'] as const) {
      clients.push(await startEndless(language, { ...places, password: '', keys: Array.from({ length: keysPerLibrary }, (_, i) => `${language}:${i}`), value: 'steady ', write: true }));
    }
    console.log(`${keys} keys of ${valueBytes} B in ${shards} shards, ${replicas} replicas; ioredis writes ${writesPerSecond} and reads ${readsPerSecond} a second, redis-py and go-redis write and read back`);
    let from: number = shards;
    for (const to of steps) {
      if (to > from) await addShards(region, nodes, from, to, replicas);
      const before = await calmFigures(load);
      const seen = nodes.map((node) => node.records.length);
      const beginMs = performance.now();
      await order(region, nodes, to);
      const meanwhile = await load.figures();
      reportMoves(to, performance.now() - beginMs, nodes.flatMap((node, i) => node.records.slice(seen[i])));
      console.log(`  clients before: ${described(before)}; meanwhile: ${described(meanwhile)}; p99 ${(meanwhile.p99Ms / before.p99Ms).toFixed(1)}×`);
      from = to;
    }
    for (const client of clients.splice(0)) {
      const { written, read, longestMs } = await client.stop();
      console.log(`${client.language}: ${written + read} operations, longest ${Math.round(longestMs ?? 0)} ms, 0 failed, 0 lost`);
    }
    const { writes, reads } = await load.finish();
    const owners = await primariesOf(nodes.slice(0, shards * (1 + replicas)));
    const ranges = region.map().ranges;
    const lost = await checkFilled((slot) => owners[ranges.find((range) => range.from <= slot && slot <= range.to)?.shard ?? 0].ports.redis, keys, valueBytes);
    console.log(`ioredis: 0 failed, 0 lost (${writes + reads} operations since the last step); data set: ${keys} keys, ${lost} lost or changed`);
    if (lost > 0) process.exitCode = 1;
  } finally {
    await Promise.all(clients.map((client) => client.stop().catch(() => undefined)));
    await load?.end();
    await region.close();
  }
}

async function addShards(region: ProcessRegion, nodes: NodeProcess[], from: number, to: number, replicas: number): Promise<void> {
  for (let shard = from; shard < to; shard++) {
    if (shard >= shards) region.addShard(shard);
    nodes.push(...(await Promise.all(Array.from({ length: 1 + replicas }, (_, ordinal) => region.start(shard, ordinal)))));
  }
  await Promise.all(nodes.map((node) => eventually(() => node.admin.status(), (status) => status.isr.length === 1 + replicas && (status.role === 'primary' || status.role === 'replica'))));
}

/** By shard. */
async function primariesOf(nodes: readonly NodeProcess[]): Promise<readonly NodeProcess[]> {
  const statuses = await Promise.all(nodes.map(async (node) => ({ node, status: await node.admin.status() })));
  return statuses.filter(({ status }) => status.role === 'primary').toSorted((a, b) => a.status.shard - b.status.shard).map(({ node }) => node);
}

async function calmFigures(load: Load): Promise<LoadFigures> {
  await sleep(calmMs);
  await load.figures();
  await sleep(calmMs);
  return load.figures();
}

const described = ({ writes, reads, seconds, p50Ms, p99Ms, longestMs, failed }: LoadFigures): string =>
  `${Math.round(writes / seconds)} writes/s, ${Math.round(reads / seconds)} reads/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, longest ${Math.round(longestMs)} ms, ${failed} failed`;

/** As the operator does: the fewest slots move. */
async function order(region: ProcessRegion, nodes: readonly NodeProcess[], to: number): Promise<void> {
  const wanted = assign(region.map().ranges, { shards: to });
  region.writeTargets([...wanted]);
  await Promise.all(nodes.map((node) => node.admin.targetsChanged()));
  const total = (shard: number): number => region.map().ranges.filter((range) => range.shard === shard).reduce((sum, range) => sum + range.to - range.from + 1, 0);
  const least = Math.min(...evenSplit(to).map(({ from, to: last }) => last - from + 1));
  await eventually(() => region.map(), ({ moves, ranges }) => moves.length === 0 && ranges.every(({ shard }) => shard < to) && Array.from({ length: to }, (_, shard) => total(shard)).every((slots) => slots >= least));
}
