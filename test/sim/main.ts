import { availableParallelism } from 'node:os';
import { fork } from 'node:child_process';
import { bugNames, noBugs, type BugName } from '../../node/replication/planted-bugs.ts';
import { argumentsOf, countOf, refuse } from '../../tools/arguments.ts';
import { showOperation } from './check/history.ts';
import { profileNames, profiles, type ProfileName } from './shard/faults.ts';
import { moveBugNames, noMoveBugs, type MoveBugName } from '../../node/replication/moves/planted-bugs.ts';
import { moveTraps } from './moves/bugs.ts';
import { clusterBugNames, runClusterTrap, type ClusterBugName } from './cluster/bugs.ts';
import { runCluster } from './cluster/run.ts';
import { runMoves } from './moves/run.ts';
import { moveScripts } from './moves/scripts.ts';
import { runShard } from './shard/run.ts';

const usage = `npm run sim -- --seeds N [--from SEED] [--jobs N]   runs so many seeds, on every core
  --seed N [--trace]        replays one
  --profile NAME            one kind of faults instead of those that the seed draws
  --bug NAME                plants a bug, which must be found
  --moves                   moves of slots between three shards instead
  --cluster                 three shards of copies with the operator instead
`;
const { values } = argumentsOf(usage, { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' }, bug: { type: 'string' }, profile: { type: 'string' }, jobs: { type: 'string' }, stride: { type: 'string' }, trace: { type: 'boolean' }, moves: { type: 'boolean' }, cluster: { type: 'boolean' } });

const refuseName = (what: string, there: readonly string[]): never => refuse(`${what}; there are: ${there.join(' ')}`);
const names: readonly string[] = values.cluster === true ? clusterBugNames : values.moves === true ? moveBugNames : bugNames;
if (values.bug !== undefined && !names.includes(values.bug)) refuseName(`no planted bug is called "${values.bug}"`, names);
if (values.profile !== undefined && values.moves !== true && !(profileNames as readonly string[]).includes(values.profile)) refuseName(`no profile is called "${values.profile}"`, profileNames);

const first = countOf('a seed', values.seed ?? values.from, 1);
const count = values.seed === undefined ? countOf('--seeds', values.seeds, 100, 1) : 1;
const stride = countOf('--stride', values.stride, 1, 1);
const jobs = values.seed !== undefined || stride > 1 ? 1 : Math.min(countOf('--jobs', values.jobs, availableParallelism(), 1), count);

interface Tally {
  seeds: number;
  failed: number;
  acknowledged: number;
  promotions: number;
}

/** Histories of the first failures only: the rest is a list of seeds. */
const shownFailures = 3;
const shownOperations = 40;

function runShardOf(seed: number) {
  const bugs = values.bug === undefined ? noBugs : { ...noBugs, [values.bug as BugName]: true };
  const result = runShard({ seed, bugs, profile: values.profile === undefined ? undefined : profiles[values.profile as ProfileName], trace: values.trace });
  return { ...result, promotions: result.promotions.length };
}

function runMovesOf(seed: number) {
  const name = values.bug as MoveBugName | undefined;
  const trap = name === undefined ? undefined : moveTraps[name];
  const script = trap?.script === undefined ? undefined : moveScripts[trap.script];
  const profile = script?.profile ?? (trap === undefined ? undefined : { name: values.bug ?? '', kinds: trap.kinds });
  return runMoves({ seed, bugs: name === undefined ? noMoveBugs : { ...noMoveBugs, [name]: true }, profile, script: script?.run, trace: values.trace });
}

const runClusterOf = (seed: number): ReturnType<typeof runCluster> => (values.bug === undefined ? runCluster({ seed, trace: values.trace }) : runClusterTrap(values.bug as ClusterBugName, seed, values.trace));

async function runAll(): Promise<Tally> {
  const tally: Tally = { seeds: 0, failed: 0, acknowledged: 0, promotions: 0 };
  for (let seed = first; seed < first + count; seed += stride) {
    const result = values.cluster === true ? await runClusterOf(seed) : values.moves === true ? runMovesOf(seed) : runShardOf(seed);
    tally.seeds += 1;
    tally.acknowledged += result.acknowledged;
    tally.promotions += result.promotions;
    if (values.trace === true) console.log(result.trace.join('\n'));
    if (values.seed !== undefined) console.log(`seed ${seed}: trace hash ${result.hash}`);
    if (result.violations.length === 0) continue;
    tally.failed += 1;
    console.log(`seed ${seed}, profile ${result.profile} (${result.faults.join(' ')}): ${result.violations.join('; ')}`);
    const key = /key (\w+)/.exec(result.violations.join())?.[1];
    if (key !== undefined && tally.failed <= shownFailures) for (const one of result.operations.filter((operation) => operation.key === key && operation.outcome !== 'failed').slice(-shownOperations)) console.log(`  ${showOperation(one)}`);
    const more = [values.moves === true ? ' --moves' : '', values.cluster === true ? ' --cluster' : '', values.bug === undefined ? '' : ` --bug ${values.bug}`, values.profile === undefined ? '' : ` --profile ${values.profile}`].join('');
    console.log(`  replay: npm run sim -- --seed ${seed}${more} --trace`);
  }
  return tally;
}

function report(tally: Tally): never {
  console.log(`${tally.seeds} seeds, ${tally.acknowledged} acknowledged operations, ${tally.promotions} promotions: ${tally.seeds - tally.failed} passed, ${tally.failed} failed`);
  process.exit(tally.failed === 0 ? 0 : 1);
}

if (jobs <= 1) {
  const tally = await runAll();
  if (process.send === undefined) report(tally);
  else process.send(tally, undefined, {}, () => process.disconnect?.());
} else {
  const pass = process.argv.slice(2).filter((_, i, all) => !all[i].startsWith('--jobs') && !all[i - 1]?.startsWith('--jobs') && !all[i].startsWith('--from') && !all[i - 1]?.startsWith('--from') && !all[i].startsWith('--seeds') && !all[i - 1]?.startsWith('--seeds'));
  const parts = Array.from({ length: jobs }, (_, job) => new Promise<Tally>((resolve, reject) => {
    const child = fork(new URL(import.meta.url), [...pass, '--from', `${first + job}`, '--seeds', `${count - job}`, '--stride', `${jobs}`], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.once('message', (tally: Tally) => resolve(tally));
    child.once('exit', (code) => reject(new Error(`a worker ended with ${code}`)));
  }));
  const tallies = await Promise.all(parts);
  report(tallies.reduce((sum, one) => ({ seeds: sum.seeds + one.seeds, failed: sum.failed + one.failed, acknowledged: sum.acknowledged + one.acknowledged, promotions: sum.promotions + one.promotions })));
}
