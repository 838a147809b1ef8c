import { once } from 'node:events';
import { checkLinearizability } from '../../test/sim/check/linearizability.ts';
import { showOperation } from '../../test/sim/check/history.ts';
import { keysOfShard, startHistoryClients } from '../../test/node/history-clients.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from '../../test/node/region-of-processes.ts';

export const title = 'Failover of real processes under load: kill|stop [COUNT]: time until writes are acknowledged again; nothing lost';

const clientCount = 8;
const keyCount = 32;
const settleMs = 200;
/** Clients ask another node when one does not answer within this. */
const patienceMs = 250;
const stoppedMs = 3_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];

/** Kills (or stops) the primary of a shard again and again while clients write to it, and has their history judged. */
export async function run(args: readonly string[]): Promise<void> {
  const how = args[0] === 'stop' ? 'stop' : 'kill';
  const count = Number(args[1] ?? (how === 'kill' ? 50 : 20));
  const region = await startRegion({ shards: 2, replicas: 1 });
  try {
    const nodes = await Promise.all([[0, 0], [0, 1], [1, 0], [1, 1]].map(([shard, ordinal]) => region.start(shard, ordinal)));
    await Promise.all(nodes.map((node) => eventually(() => node.admin.status(), (status) => status.isr.length === 2)));
    await measure(region, nodes, how, count);
  } finally {
    await region.close();
  }
}

async function measure(region: ProcessRegion, nodes: NodeProcess[], how: 'kill' | 'stop', count: number): Promise<void> {
  const clients = startHistoryClients({ ports: () => nodes.slice(0, 2).map((node) => node.ports.redis), clients: clientCount, patienceMs, keys: keysOfShard(0, 2, keyCount) });
  const { operations } = clients.history;
  const outagesMs: number[] = [];
  for (let i = 0; i < count; i++) {
    await eventually(() => Promise.all(nodes.slice(0, 2).map((node) => node.admin.status())), (all) => all.every((status) => status.isr.length === 2));
    await sleep(settleMs);
    const roles = await Promise.all(nodes.slice(0, 2).map(async (node) => (await node.admin.status()).role));
    const place = roles.indexOf('primary');
    const from = operations.length;
    const victim = nodes[place];
    const atMs = performance.now();
    victim.child.kill(how === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    const successor = String(nodes[1 - place].ports.redis);
    const back = await eventually(() => operations.slice(from).find((one) => one.kind === 'write' && one.outcome === 'ok' && one.answeredBy === successor), () => true);
    outagesMs.push((back?.returnMs ?? Infinity) - atMs);
    if (how === 'kill') {
      if (victim.child.signalCode === null) await once(victim.child, 'exit');
      nodes[place] = await region.start(0, place, { ports: victim.ports });
    } else {
      await sleep(Math.max(0, stoppedMs - (performance.now() - atMs)));
      victim.child.kill('SIGCONT');
    }
  }
  await clients.finish();
  const sorted = outagesMs.toSorted((a, b) => a - b);
  const { ok, key, operations: unordered } = checkLinearizability(operations);
  const acknowledged = operations.filter((one) => one.kind === 'write' && one.outcome === 'ok').length;
  console.log(`${how} × ${count}: writes back after p50 ${quantile(sorted, 0.5).toFixed(0)} ms, p99 ${quantile(sorted, 0.99).toFixed(0)} ms, most ${sorted[sorted.length - 1].toFixed(0)} ms`);
  console.log(`${acknowledged} acknowledged writes, ${operations.length} operations: ${ok ? 'linearizable, none lost' : `NOT linearizable: key ${key}`}`);
  if (ok) return;
  for (const one of (unordered ?? []).slice(-60)) console.log(`  ${showOperation(one)}`);
  process.exitCode = 1;
}
