import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Targets } from '../../shared/kube/documents.ts';
import { evenSplit } from '../../shared/slots/ranges.ts';
import { startUniqueWriters, type UniqueWriters } from '../../test/moves/unique-writers.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from '../../test/node/region-of-processes.ts';
import type { OperatorTask } from './operator.ts';

export const title = 'Kills of source, target, a copy of either, operator, or the API server at 12 steps of a move [ROUNDS] [VICTIM]: nothing lost, every move ends';

const victims = ['source', 'sourceCopy', 'target', 'targetCopy', 'operator', 'apiServer'] as const;
type Victim = (typeof victims)[number];
/** What is waited for, and how long after it the blow falls, milliseconds. */
const steps = [
  ['copying', 0], ['copying', 5], ['copying', 15], ['copied', 0], ['copied', 10], ['ordered', 0], ['ordered', 3], ['ordered', 10], ['released', 0], ['released', 3], ['opened', 0], ['closed', 0],
] as const;
type Mark = (typeof steps)[number][0];

const apiAwayMs = 1_500;
const operatorAwayMs = 300;
const shards = 3;
/** A third of them is written: 20 rounds must fit into the memory of the shards. */
const keysOfClient = 60_000;
const said: Partial<Record<Mark, string>> = { copying: 'copying slots', copied: 'copied slots', released: 'released slots', opened: 'serves slots that were moved here' };
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface World {
  readonly region: ProcessRegion;
  /** By shard, then ordinal. */
  readonly nodes: NodeProcess[][];
  readonly writers: UniqueWriters;
  operator: ChildProcess;
}

const operatorProgram = new URL('operator.ts', import.meta.url).pathname;

function startOperator(region: ProcessRegion, nodes: readonly (readonly NodeProcess[])[], wanted: number): ChildProcess {
  const task: OperatorTask = {
    kubeUrl: region.kube.url, mapPath: region.mapPath, targetsPath: region.targetsPath, clusterUid: region.config.clusterUid, busKey: Buffer.from(region.busKeys[0]).toString('hex'),
    nodes: nodes.flat().map(({ pod, ports }) => ({ pod, port: ports.admin })), shards: wanted,
  };
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', operatorProgram, JSON.stringify(task)], { stdio: ['pipe', 'inherit', 'inherit'] });
}

export async function run(args: readonly string[]): Promise<void> {
  const rounds = Number(args[0] ?? 1);
  const chosen = victims.filter((victim) => args[1] === undefined || victim === args[1]);
  const region = await startRegion({ shards, replicas: 1, memoryBytes: 128 * 1024 * 1024 });
  let running: World | undefined;
  try {
    region.addShard(shards);
    const nodes = await Promise.all(Array.from({ length: shards + 1 }, (_, shard) => Promise.all([0, 1].map((ordinal) => region.start(shard, ordinal)))));
    const writers = startUniqueWriters({ ports: nodes.flat().map((node) => node.ports.redis), clients: 4, valueBytes: 500, keys: keysOfClient });
    region.writeTargets(evenSplit(shards).map((range, shard) => ({ ...range, shard })));
    const world: World = { region, nodes, writers, operator: startOperator(region, nodes, shards) };
    running = world;
    await whole(world);
    await eventually(() => writers.count(), (count) => count > 3_000);
    let blows = 0;
    let to = shards;
    for (let round = 0; round < rounds; round++) for (const victim of chosen) for (const [mark, delayMs] of steps) {
      to = to === shards ? shards + 1 : shards;
      const [begin, known] = [performance.now(), writers.failures.length];
      const killed = await strikeDuring(world, to, victim, mark, delayMs);
      blows += 1;
      console.log(`${victim} at ${mark}+${delayMs}: ${killed}, over after ${((performance.now() - begin) / 1000).toFixed(1)} s; ${writers.failures.length} failed, ${writers.losses.length} lost`);
      for (const failure of writers.failures.slice(known)) console.log(`  ${failure}`);
      if (writers.losses.length > 0) break;
    }
    await writers.finish();
    console.log(`${blows} blows, ${writers.count()} operations, ${writers.failures.length} failed while something was dead, ${writers.losses.length} lost${writers.losses.length > 0 ? `: ${writers.losses.slice(0, 5).join('; ')}` : ''}`);
    if (writers.losses.length > 0) process.exitCode = 1;
  } finally {
    running?.operator.kill('SIGKILL');
    await region.close();
  }
}

const whole = ({ nodes }: World): Promise<unknown> => Promise.all(nodes.flat().map((node) => eventually(() => node.admin.status(), (status) => status.isr.length === 2 && (status.role === 'primary' || status.role === 'replica'))));

async function strikeDuring(world: World, to: number, victim: Victim, mark: Mark, delayMs: number): Promise<string> {
  const { region, nodes } = world;
  const seen = new Map(nodes.flat().map((node) => [node, node.records.length]));
  world.operator.stdin?.write(`${to}\n`);
  const fresh = (node: NodeProcess): readonly Record<string, unknown>[] => node.records.slice(seen.get(node) ?? 0);
  let ordered = false;
  const reached = (): boolean => {
    ordered ||= region.map().moves.length > 0;
    if (mark === 'ordered') return ordered;
    if (mark === 'closed') return ordered && region.map().moves.length === 0;
    return nodes.flat().some((node) => fresh(node).some((record) => record.what === said[mark]));
  };
  while (!reached()) await sleep(1);
  await sleep(delayMs);
  // Growing, the new shard is a target and its neighbour a source; shrinking, the other way round.
  const [source, target] = to > shards ? [shards - 1, shards] : [shards, shards - 1];
  const killed = await strike(world, victim, source, target, to);
  await whole(world);
  await eventually(() => Promise.all(nodes.flat().map((node) => node.admin.status())), (all) => {
    const primaries = all.filter(({ role }) => role === 'primary');
    return region.map().moves.length === 0 && primaries.length === nodes.length && primaries.every((one) => one.targetsGeneration === generationOf(region) && one.moves?.length === 0 && one.shard < to === one.slotsOwned > 0);
  });
  return killed;
}

const generationOf = ({ kube, targetsPath }: ProcessRegion): number => (JSON.parse(kube.objects.get(targetsPath)?.data?.['targets.json'] ?? '{}') as Targets).generation;

async function strike(world: World, victim: Victim, source: number, target: number, to: number): Promise<string> {
  const { region, nodes } = world;
  if (victim === 'operator') {
    world.operator.kill('SIGKILL');
    await sleep(operatorAwayMs);
    world.operator = startOperator(region, nodes, to);
    return 'operator';
  }
  if (victim === 'apiServer') {
    region.kube.mode = 'down';
    await sleep(apiAwayMs);
    region.kube.mode = 'answers';
    return 'away';
  }
  const shard = victim.startsWith('source') ? source : target;
  const roles = await Promise.all(nodes[shard].map((node) => node.admin.status().then(({ role }) => role)));
  const ordinal = roles.findIndex((role) => (role === 'primary') === !victim.endsWith('Copy'));
  const dying = nodes[shard][ordinal];
  dying.child.kill('SIGKILL');
  if (dying.child.signalCode === null) await once(dying.child, 'exit');
  dying.admin.close();
  nodes[shard][ordinal] = await region.start(shard, ordinal, { ports: dying.ports });
  return dying.pod;
}
