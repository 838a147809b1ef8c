import { readFileSync } from 'node:fs';
import { slotCount } from '../../shared/slots/crc16.ts';
import { eventually, startRegion, type NodeProcess } from '../../test/node/region-of-processes.ts';
import { fill } from './fill.ts';

const megabyte = 1024 * 1024;
const ticksPerSecond = 100;
/** Processor time of a process so far, milliseconds. */
const cpuMs = ({ child }: NodeProcess): number => {
  const fields = readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8').split(') ')[1].split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
};

/** One pair of shards and nobody else: all that the first shard has goes to the second. What a megabyte costs at both ends. */
export async function movePair(bytes: number, valueBytes: number, replicas: number, profile: string | undefined): Promise<void> {
  const region = await startRegion({ shards: 2, replicas, memoryBytes: Math.max(256 * megabyte, bytes * 3) });
  try {
    const env: Record<string, string> = profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` };
    const places = [0, 1].flatMap((shard) => Array.from({ length: 1 + replicas }, (_, ordinal) => [shard, ordinal] as const));
    const nodes = await Promise.all(places.map(([shard, ordinal]) => region.start(shard, ordinal, { env })));
    await Promise.all(nodes.map((node) => eventually(() => node.admin.status(), (status) => status.isr.length === 1 + replicas && (status.role === 'primary' || status.role === 'replica'))));
    const statuses = await Promise.all(nodes.map(async (node) => ({ node, status: await node.admin.status() })));
    const primary = (shard: number): NodeProcess => statuses.find(({ status }) => status.shard === shard && status.role === 'primary')?.node as NodeProcess;
    const [source, target] = [primary(0), primary(1)];
    await fill((slot) => (slot < slotCount / 2 ? source : target).ports.redis, bytes * 2, valueBytes);
    // Nobody is to be spared.
    await Promise.all(nodes.map((node) => eventually(() => node.admin.status(), (status) => status.opsPerSecond === 0)));
    const before = nodes.map(cpuMs);
    region.writeTargets([{ from: 0, to: slotCount - 1, shard: 1 }]);
    await Promise.all(nodes.map((node) => node.admin.targetsChanged()));
    await eventually(() => region.map(), (map) => map.moves.length === 0 && map.ranges.every(({ shard }) => shard === 1));
    const spent = nodes.map((node, i) => cpuMs(node) - before[i]);
    const of = (what: string): readonly Record<string, number>[] => source.records.filter((record) => record.what === what) as unknown as Record<string, number>[];
    const sum = (list: readonly Record<string, number>[], field: string): number => list.reduce((total, one) => total + one[field], 0);
    const megabytes = sum(of('released slots'), 'bytes') / megabyte;
    console.log(`one pair, ${replicas} replicas, no clients: ${megabytes.toFixed(0)} MB, ${(megabytes / (sum(of('copied slots'), 'copyMs') / 1000)).toFixed(0)} MB/s while copying; pauses ${of('released slots').map(({ pausedMs }) => pausedMs).join(' ')} ms`);
    console.log(`  CPU per MB: ${nodes.map((node, i) => `${node.pod}${node === source ? ' (source)' : node === target ? ' (target)' : ''} ${(spent[i] / megabytes).toFixed(2)} ms`).join(', ')}`);
    if (profile !== undefined) await Promise.all(nodes.map((node) => node.stop()));
  } finally {
    await region.close();
  }
}
