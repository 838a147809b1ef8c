import { afterEach, describe, expect, it } from 'vitest';
import type { NodeStatus } from '../../shared/admin/contract.ts';
import { evenSplit } from '../../shared/slots/ranges.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from '../node/region-of-processes.ts';
import { startUniqueWriters } from './unique-writers.ts';

let region: ProcessRegion;

afterEach(() => region.close());

const inSync = (node: NodeProcess, copies: number) => eventually(() => node.admin.status(), (status) => status.isr.length === copies && (status.role === 'primary' || status.role === 'replica'));

const three = evenSplit(3).map((range, shard) => ({ ...range, shard }));
/** Each of three gives away all but 4096 slots. */
const four = three.flatMap(({ from, to, shard }) => [{ from, to: from + 4_095, shard }, { from: from + 4_096, to, shard: 3 }]);

async function order(nodes: readonly NodeProcess[], ranges: typeof three, shards: number): Promise<void> {
  const generation = region.writeTargets(ranges);
  await Promise.all(nodes.map((node) => node.admin.targetsChanged()));
  const isOver = (all: readonly NodeStatus[]): boolean => {
    const map = region.map();
    const primaries = all.filter(({ role }) => role === 'primary');
    return map.moves.length === 0 && primaries.every((one) => one.targetsGeneration === generation && one.moves?.length === 0 && (one.shard < shards) === one.slotsOwned > 0);
  };
  await eventually(() => Promise.all(nodes.map((node) => node.admin.status())), isOver);
}

describe('moving slots between processes under load', () => {
  it('B9: 3 to 4 to 3 shards of two copies: no operation fails, nothing is lost', { timeout: 300_000 }, async () => {
    const replicas = 1;
    region = await startRegion({ shards: 3, replicas });
    const places = (shard: number): readonly (readonly [number, number])[] => Array.from({ length: 1 + replicas }, (_, ordinal) => [shard, ordinal] as const);
    const nodes = await Promise.all([0, 1, 2].flatMap(places).map(([shard, ordinal]) => region.start(shard, ordinal)));
    await Promise.all(nodes.map((node) => inSync(node, 1 + replicas)));
    const writers = startUniqueWriters({ ports: nodes.map((node) => node.ports.redis), clients: 4 });
    await eventually(() => writers.count(), (count) => count > 2_000);
    region.addShard(3);
    nodes.push(...(await Promise.all(places(3).map(([shard, ordinal]) => region.start(shard, ordinal)))));
    await Promise.all(nodes.map((node) => inSync(node, 1 + replicas)));
    await order(nodes, four, 4);
    expect(region.map().ranges.filter(({ shard }) => shard === 3).reduce((sum, { from, to }) => sum + to - from + 1, 0)).toBe(4_096);
    await order(nodes, three, 3);
    expect(region.map().ranges.some(({ shard }) => shard === 3)).toBe(false);
    const before = writers.count();
    await eventually(() => writers.count(), (count) => count > before + 500);
    await writers.finish();
    expect([...writers.failures, ...writers.losses]).toEqual([]);
    expect(writers.written.size).toBeGreaterThan(500);
  });
});
