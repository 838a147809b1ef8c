import { parseArgs } from 'node:util';
import { bugNames, noBugs, type BugName } from '../../node/replication/planted-bugs.ts';
import { showOperation } from './check/history.ts';
import { runShard } from './shard/run.ts';

/** `npm run sim -- --seeds N [--from S]`, `--seed N [--trace]` replays one, `--bug NAME` plants a bug. */
const { values } = parseArgs({ options: { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' }, bug: { type: 'string' }, trace: { type: 'boolean' } } });
if (values.bug !== undefined && !(bugNames as readonly string[]).includes(values.bug)) {
  console.error(`no planted bug is called "${values.bug}"; there are: ${bugNames.join(' ')}`);
  process.exit(2);
}
const bugs = values.bug === undefined ? noBugs : { ...noBugs, [values.bug as BugName]: true };
const first = Number(values.seed ?? values.from ?? 1);
const count = values.seed === undefined ? Number(values.seeds ?? 100) : 1;
let failed = 0;
let acknowledged = 0;
let promotions = 0;
for (let seed = first; seed < first + count; seed++) {
  const result = runShard({ seed, bugs, trace: values.trace });
  acknowledged += result.acknowledged;
  promotions += result.promotions;
  if (values.trace === true) console.log(result.trace.join('\n'));
  if (result.violations.length === 0) continue;
  failed += 1;
  console.log(`seed ${seed} (${result.faults.join(' ')}): ${result.violations.join('; ')}`);
  const key = /key (\w+)/.exec(result.violations.join())?.[1];
  if (key !== undefined && failed <= 3) for (const one of result.operations.filter((operation) => operation.key === key && operation.outcome !== 'failed').slice(-40)) console.log(`  ${showOperation(one)}`);
  console.log(`  replay: npm run sim -- --seed ${seed}${values.bug === undefined ? '' : ` --bug ${values.bug}`} --trace`);
}
console.log(`${count} seeds, ${acknowledged} acknowledged operations, ${promotions} promotions: ${count - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
