import { parentPort, workerData } from 'node:worker_threads';
import { readCorpus } from './corpus-file.ts';
import { Coverage } from './coverage.ts';
import { mutated, randomOf } from './mutate.ts';
import { boardHeaderBytes, type Order, type Report } from './order.ts';
import { Runner, targets } from './targets.ts';

const reportEvery = 5_000;
const batchInputs = 32;

const { target: name, seed, untilMs, board } = workerData as Order;
const target = targets[name];
const header = new Int32Array(board, 0, 2);
const shown = new Uint8Array(board, boardHeaderBytes);
const say = (report: Report): void => parentPort?.postMessage(report);

const coverage = new Coverage((url) => target.covers.test(url));
const runner = new Runner(target);
const random = randomOf(seed);
const words = target.words.map((text) => Buffer.from(text, 'latin1'));
const corpus: Buffer[] = [];
let inputs = 0;
let told = 0;

async function run(input: Buffer): Promise<void> {
  shown.set(input.subarray(0, shown.length));
  header[1] = input.length;
  Atomics.add(header, 0, 1);
  const problem = await runner.run(input);
  if (problem !== undefined) say({ kind: 'found', input, problem });
}

/** Runs them, and keeps those that reach something new. */
async function look(batch: readonly Buffer[]): Promise<void> {
  for (const input of batch) await run(input);
  inputs += batch.length;
  if (coverage.hasNew()) {
    for (const input of batch) {
      await run(input);
      if (coverage.credit()) corpus.push(input);
    }
  }
  if (inputs - told < reportEvery) return;
  told = inputs;
  say({ kind: 'state', inputs, reached: coverage.size, corpus: corpus.length });
}

// The shortest first: what a long one adds to them is then its own.
for (const input of [...readCorpus(name), ...target.seeds()].toSorted((a, b) => a.length - b.length)) await look([input]);
while (Date.now() < untilMs) await look(Array.from({ length: batchInputs }, () => mutated(random, { corpus, words })));
await runner.stop();
say({ kind: 'state', inputs, reached: coverage.size, corpus: corpus.length });
say({ kind: 'done', corpus });
