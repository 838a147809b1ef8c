import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { writeCorpus } from './corpus-file.ts';
import { targets, type TargetName } from './targets.ts';
import { boardHeaderBytes, type Order, type Report } from './order.ts';
import { argumentsOf } from '../../tools/arguments.ts';

const usage = `npm run fuzz -- [parser|payloads ...]   coverage-guided fuzzing: of requests, and of what RESTORE is given
  --minutes N   for each target (default 10)
  --seed N      other inputs (default: drawn)
  --keep        put inputs that reach something new into the corpus, which npm test replays
`;

const largestInputBytes = 8192;
/** An input takes a millisecond or so. */
const hangMs = 30_000;

/** Runs one target; the number of problems. */
async function fuzz(target: TargetName, minutes: number, seed: number, keep: boolean): Promise<number> {
  const board = new SharedArrayBuffer(boardHeaderBytes + largestInputBytes);
  const order: Order = { target, seed, untilMs: Date.now() + minutes * 60_000, board };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: order });
  const problems = new Set<string>();
  const foundIt = (input: Uint8Array, problem: string): void => {
    // The same fault in the same place is told once.
    const place = problem.split('\n').slice(0, 2).join(' ').replaceAll(/\d+/g, 'N').slice(0, 200);
    if (problems.has(place)) return;
    problems.add(place);
    console.log(`${target}: ${problem}\n  input (base64): ${Buffer.from(input).toString('base64')}`);
  };
  worker.on('message', (report: Report) => {
    if (report.kind === 'found') foundIt(report.input, report.problem);
    else if (report.kind === 'state') console.log(`${target}: ${report.inputs} inputs, ${report.reached} places reached, ${report.corpus} in the corpus, ${problems.size} problems`);
    else if (keep) writeCorpus(target, report.corpus.map((input) => Buffer.from(input)));
  });
  worker.on('error', (error) => foundIt(new Uint8Array(board, boardHeaderBytes), `the thread ended: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`));
  const header = new Int32Array(board, 0, 2);
  let last = -1;
  const watch = setInterval(() => {
    if (header[0] === last) {
      foundIt(Uint8Array.from(new Uint8Array(board, boardHeaderBytes, Math.min(header[1], largestInputBytes))), `hangs: nothing for ${hangMs / 1000} s`);
      void worker.terminate();
    }
    last = header[0];
  }, hangMs);
  await once(worker, 'exit');
  clearInterval(watch);
  return problems.size;
}

const { values, positionals } = argumentsOf(usage, { minutes: { type: 'string', default: '10' }, seed: { type: 'string' }, keep: { type: 'boolean', default: false } });
const names = Object.keys(targets) as TargetName[];
const chosen = positionals.length === 0 ? names : names.filter((name) => positionals.includes(name));
const minutes = Number(values.minutes);
if (chosen.length < Math.max(1, positionals.length) || !(minutes > 0)) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`seed ${seed}`);
  for (const name of chosen) if ((await fuzz(name, minutes, seed, values.keep)) > 0) process.exitCode = 1;
}
