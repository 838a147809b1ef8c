import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { checkLinearizability } from '../../test/sim/check/linearizability.ts';
import { showOperation } from '../../test/sim/check/history.ts';
import { keysOfShard, startHistoryClients, type HistoryClients } from '../../test/node/history-clients.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from '../../test/node/region-of-processes.ts';
import { strikePrimary } from '../../test/node/strike.ts';
import { percentile } from '../statistics.ts';

export const title = 'Failover of real processes under load: kill|stop|silence|half [COUNT], or away [SECONDS] without an API server: how long until writes are acknowledged again; nothing lost';

const clientCount = 8;
const keyCount = 32;
const settleMs = 200;
/** Clients ask another node when one does not answer within this. */
const patienceMs = 250;
/** A primary that was stopped or silenced is let go so long after its successor's first acknowledgement, at most. */
const mostZombieMs = 400;
/** Group of each node's process: its first copy, its second, and so on. */
const firstGid = 4_200;
/** What took longer is shown with what the nodes said. */
const slowMs = 1_450;
const counts = { kill: 50, stop: 20, silence: 20, half: 10, away: 300 } as const;
type How = keyof typeof counts;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface World {
  readonly region: ProcessRegion;
  /** Both copies of shard 0, then both of shard 1. */
  readonly nodes: NodeProcess[];
  readonly clients: HistoryClients;
}

/** One blow: when, and when writes were acknowledged again by whom it did not strike. */
interface Blow {
  readonly struck: NodeProcess;
  readonly atMs: number;
  readonly backMs: number;
}

/** Kills, stops or silences the primary of a shard again and again while clients write to it, and has their history judged. */
export async function run(args: readonly string[]): Promise<void> {
  const how = (Object.hasOwn(counts, args[0] ?? 'kill') ? (args[0] ?? 'kill') : 'kill') as How;
  const count = Number(args[1] ?? counts[how]);
  if (how === 'silence' && process.env.MERIDIAN_OWN_NETWORK === undefined) return inOwnNetwork(args);
  const region = await startRegion({ shards: 2, replicas: 1 });
  try {
    const nodes = await Promise.all([0, 1, 2, 3].map((place) => region.start(Math.floor(place / 2), place % 2, how === 'silence' ? { gid: firstGid + place } : {})));
    await Promise.all(nodes.map((node) => eventually(() => node.admin.status(), (status) => status.isr.length === 2)));
    const both = how === 'half' || how === 'away';
    const keys = both ? [...keysOfShard(0, 2, keyCount / 2), ...keysOfShard(1, 2, keyCount / 2)] : keysOfShard(0, 2, keyCount);
    const clients = startHistoryClients({ ports: () => nodes.slice(0, both ? 4 : 2).map((node) => node.ports.redis), clients: clientCount, patienceMs: how === 'away' ? 30_000 : patienceMs, keys });
    const world = { region, nodes, clients };
    if (how === 'away') await withoutApiServer(world, count);
    else await again(world, how, count);
    await clients.finish();
    judge(clients);
  } finally {
    await region.close();
  }
}

/** A firewall of our own: in a network namespace that ends with the command. Needs root. */
function inOwnNetwork(args: readonly string[]): void {
  const command = ['ip link set lo up && exec "$0" "$@"', process.execPath, ...process.execArgv, process.argv[1], 'failover', ...args];
  const done = spawnSync('unshare', ['-n', 'sh', '-c', ...command], { stdio: 'inherit', env: { ...process.env, MERIDIAN_OWN_NETWORK: '1' } });
  process.exitCode = done.status ?? 1;
}

async function again(world: World, how: Exclude<How, 'away'>, count: number): Promise<void> {
  const { operations } = world.clients.history;
  const outagesMs: number[] = [];
  let zombieWrites = 0;
  for (let i = 0; i < count; i++) {
    await eventually(() => Promise.all(world.nodes.map((node) => node.admin.status())), (all) => all.every((status) => status.isr.length === 2));
    await sleep(settleMs);
    const from = operations.length;
    const blows = how === 'half' ? await killHalf(world) : [how === 'silence' ? await silence(world) : await strike(world, how)];
    outagesMs.push(Math.max(...blows.map(({ atMs, backMs }) => backMs - atMs)));
    await sleep(settleMs);
    for (const { struck, backMs } of blows) zombieWrites += operations.slice(from).filter((one) => one.kind === 'write' && one.outcome === 'ok' && one.callMs > backMs && one.answeredBy === String(struck.ports.redis)).length;
    if (outagesMs[i] > slowMs) console.log(`  blow ${i}: ${outagesMs[i].toFixed(0)} ms; ${told(world, blows[0])}`);
  }
  const shown = [0.5, 0.9, 0.99].map((share) => `p${share * 100} ${percentile(outagesMs, share).toFixed(0)} ms`);
  console.log(`${how} × ${count}: writes back after ${shown.join(', ')}, most ${Math.max(...outagesMs).toFixed(0)} ms; ${zombieWrites} writes acknowledged by one that was struck after its successor's first`);
  if (zombieWrites > 0) process.exitCode = 1;
}

/** What the survivors said of it: milliseconds after the blow. */
function told({ nodes }: World, { atMs }: Blow): string {
  const began = performance.timeOrigin + atMs;
  const records = nodes.flatMap((node) => node.records.map((record) => ({ pod: node.pod, ms: Date.parse(String(record.time)) - began, ...record })));
  const shown = records.filter(({ ms }) => ms > -200).toSorted((a, b) => a.ms - b.ms) as readonly Record<string, unknown>[];
  return shown.map((one) => `+${Number(one.ms).toFixed(0)} ${String(one.pod).slice(-4)} ${[one.message, one.what, one.cause, one.silenceMs].filter((part) => part !== undefined).map(String).join(' ')}`).join(', ');
}

/** When `node` first acknowledged a write. */
async function backAt({ clients }: World, node: NodeProcess, from: number): Promise<number> {
  const { operations } = clients.history;
  const answeredBy = String(node.ports.redis);
  const back = await eventually(() => operations.slice(from).find((one) => one.kind === 'write' && one.outcome === 'ok' && one.answeredBy === answeredBy), () => true);
  return back?.returnMs ?? Infinity;
}

async function strike(world: World, how: 'kill' | 'stop'): Promise<Blow> {
  const { region, nodes, clients } = world;
  const from = clients.history.operations.length;
  const { struck: place, atMs } = await strikePrimary(region, nodes.slice(0, 2), 2, how === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  const struck = nodes[place];
  const backMs = await backAt(world, nodes[1 - place], from);
  region.kube.unheard.clear();
  if (how === 'kill') await restart(world, place);
  else {
    await sleep(Math.random() * mostZombieMs);
    struck.child.kill('SIGCONT');
  }
  return { struck, atMs, backMs };
}

/** Nothing that the primary sends to other nodes and the API server arrives any more, and nobody is told so; clients still reach it. */
async function silence(world: World): Promise<Blow> {
  const { region, nodes, clients } = world;
  const roles = await Promise.all(nodes.slice(0, 2).map(async (node) => (await node.admin.status()).role));
  const place = roles.indexOf('primary');
  const ports = [...nodes.map((node) => String(node.ports.bus)), new URL(region.kube.url).port].join(',');
  const rules = (['--sports', '--dports'] as const).map((side) => ['OUTPUT', '-p', 'tcp', '-m', 'owner', '--gid-owner', String(firstGid + place), '-m', 'multiport', side, ports, '-j', 'DROP']);
  const from = clients.history.operations.length;
  const atMs = performance.now();
  for (const rule of rules) if (spawnSync('iptables', ['-A', ...rule]).status !== 0) throw new Error('iptables cannot match the owner of a packet here');
  const backMs = await backAt(world, nodes[1 - place], from);
  await sleep(Math.random() * mostZombieMs);
  for (const rule of rules) spawnSync('iptables', ['-D', ...rule]);
  return { struck: nodes[place], atMs, backMs };
}

/** One copy of each shard at once, both primaries. */
async function killHalf(world: World): Promise<readonly Blow[]> {
  const { region, nodes, clients } = world;
  const roles = await Promise.all(nodes.map(async (node) => (await node.admin.status()).role));
  const struck = [0, 2].map((first) => (roles[first] === 'primary' ? first : first + 1));
  const from = clients.history.operations.length;
  for (const place of struck) region.kube.unheard.add(nodes[place].pod);
  const atMs = performance.now();
  for (const place of struck) nodes[place].child.kill('SIGKILL');
  const killed = struck.map((place) => nodes[place]);
  const backsMs = await Promise.all(struck.map((place) => backAt(world, nodes[place ^ 1], from)));
  region.kube.unheard.clear();
  await Promise.all(struck.map((place) => restart(world, place)));
  return killed.map((node, i) => ({ struck: node, atMs, backMs: backsMs[i] }));
}

async function restart({ region, nodes }: World, place: number): Promise<void> {
  const { child, ports } = nodes[place];
  if (child.signalCode === null) await once(child, 'exit');
  nodes[place] = await region.start(Math.floor(place / 2), place % 2, { ports });
}

/** The API server answers nothing for a while: nothing may fail, and nothing changes. */
async function withoutApiServer({ region, clients }: World, seconds: number): Promise<void> {
  await sleep(settleMs);
  const from = clients.history.operations.length;
  region.kube.mode = 'down';
  await sleep(seconds * 1000);
  const during = clients.history.operations.slice(from);
  region.kube.mode = 'answers';
  await sleep(settleMs);
  // A redirection is no failure: clients learn the map.
  const failed = during.filter((one) => one.reason !== undefined);
  console.log(`no API server for ${seconds} s: ${during.filter((one) => one.outcome === 'ok').length} operations, ${failed.length} failed`);
  for (const one of failed.slice(0, 20)) console.log(`  ${showOperation(one)}`);
  if (failed.length > 0) process.exitCode = 1;
}

function judge({ history: { operations } }: HistoryClients): void {
  const { ok, key, operations: unordered } = checkLinearizability(operations);
  const acknowledged = operations.filter((one) => one.kind === 'write' && one.outcome === 'ok').length;
  console.log(`${acknowledged} acknowledged writes, ${operations.length} operations: ${ok ? 'linearizable, none lost' : `NOT linearizable: key ${key}`}`);
  if (ok) return;
  for (const one of (unordered ?? []).slice(-60)) console.log(`  ${showOperation(one)}`);
  process.exitCode = 1;
}
