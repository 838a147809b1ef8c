import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { keysOfShard, startHistoryClients } from '../../test/node/history-clients.ts';
import { showOperation } from '../../test/sim/check/history.ts';
import { checkLinearizability } from '../../test/sim/check/linearizability.ts';
import type { JudgedOptions, Question, Places } from './judged.ts';

/** The thread of judged.ts: kubectl, which is waited for, must not stand in the way of clients whose delays are measured. */
const { places, password, shard, shards, patienceMs, clients, keyCount, prefix } = workerData as JudgedOptions & { readonly clients: number; readonly keyCount: number; readonly prefix: string };
let now: Places = places;
const running = startHistoryClients({ ports: () => now.addresses, reach: (address) => now.reach[address] ?? address, password, clients, patienceMs, keys: keysOfShard(shard, shards, keyCount, prefix) });
const { operations } = running.history;
const pollMs = 5;
const mostWaitMs = 120_000;

/** Epoch milliseconds with fractions: the clock that two threads share. */
const epochMs = (ms: number): number => performance.timeOrigin + ms;

/** The first write called from then on that was acknowledged, by another address where one is excluded; when that was. */
async function acknowledged(sinceMs: number, notBy: string | undefined): Promise<number> {
  const deadline = performance.now() + mostWaitMs;
  for (const from = operations.findLastIndex((one) => epochMs(one.callMs) < sinceMs) + 1; performance.now() < deadline; await sleep(pollMs)) {
    const found = operations.slice(from).find((one) => one.kind === 'write' && one.outcome === 'ok' && one.answeredBy !== notBy);
    if (found) return epochMs(found.returnMs ?? 0);
  }
  throw new Error(`no write was acknowledged within ${mostWaitMs / 1000} s; the last operations: ${operations.slice(-5).map(showOperation).join('; ')}`);
}

async function judge(): Promise<{ readonly acknowledged: number; readonly operations: number }> {
  await running.finish();
  const { ok, key, operations: unordered } = checkLinearizability(operations);
  if (!ok) throw new Error(`the history of ${key} is not linearizable: ${(unordered ?? []).slice(-8).map(showOperation).join('; ')}`);
  return { acknowledged: operations.filter((one) => one.kind === 'write' && one.outcome === 'ok').length, operations: operations.length };
}

parentPort?.on('message', (question: Question) => {
  if (question.kind === 'places') {
    now = question.places;
    return;
  }
  const answer = question.kind === 'judge' ? judge() : acknowledged(question.sinceMs, question.notBy);
  answer.then(
    (value) => parentPort?.postMessage({ id: question.id, value }),
    (error: unknown) => parentPort?.postMessage({ id: question.id, error: String(error) }),
  );
});
