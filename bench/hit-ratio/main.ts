import { parseArgs } from 'node:util';
import { policyNames, type PolicyName } from '../../node/eviction/policy.ts';
import { Store } from '../../node/engine/store.ts';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import { measured, references, type Reference } from './references.ts';
import { readTrace, type Trace } from './trace.ts';
import { refuse } from '../../tools/arguments.ts';

export const usage = '--traces DIR  [--policy NAME]...  [--trace NAME]...';
const tolerance = 0.5;
const keyBytes = 8;

export const title = 'hit ratio of each eviction policy on real traces, beside reference rows (--traces DIR)';

/** Replays traces through the store that the server runs: read, and write on a miss. */
export function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { traces: { type: 'string' }, policy: { type: 'string', multiple: true }, trace: { type: 'string', multiple: true } },
  });
  if (values.traces === undefined) refuse(`usage: npm run bench -- hit-ratio ${usage}`);
  for (const name of values.policy ?? []) if (!(policyNames as readonly string[]).includes(name)) refuse(`${name} is no policy; there are ${policyNames.join(', ')}`);
  let missed = 0;
  for (const reference of references) {
    if (values.trace !== undefined && !values.trace.includes(reference.trace)) continue;
    const trace = readTrace(values.traces, reference.trace);
    console.log(`\n${reference.trace}, ${reference.bytes ? 'by bytes' : 'by entries'}: ${reference.sizes.join(', ')}`);
    console.log('policy               hit % (reference) at 1 %      5 %              10 %            ns/request  KiB of queues');
    for (const { policy, row } of measured) {
      if (values.policy !== undefined && !values.policy.includes(policy)) continue;
      missed += report(policy, reference, reference.rows[row], trace);
    }
  }
  console.log(missed === 0 ? `\nno policy is more than ${tolerance} point below its row` : `\n${missed} figures are more than ${tolerance} point below their row (marked !)`);
  return Promise.resolve();
}

function report(policy: PolicyName, reference: Reference, row: readonly number[] | undefined, trace: Trace): number {
  let missed = 0;
  let line = policy.padEnd(20);
  let nanoseconds = 0;
  let queueBytes = 0;
  reference.sizes.forEach((size, i) => {
    const result = replay(policy, reference.bytes, size, trace);
    nanoseconds = result.nanoseconds;
    queueBytes = result.queueBytes;
    const wanted = row?.[i];
    const low = wanted !== undefined && policy !== 'allkeys-random' && result.hitPercent < wanted - tolerance;
    if (low) missed++;
    line += `${result.hitPercent.toFixed(2).padStart(8)} ${wanted === undefined ? '' : `(${wanted.toFixed(2)})`}${low ? '!' : ' '}`.padEnd(18);
  });
  console.log(`${line}${nanoseconds.toFixed(0).padStart(6)} ${(queueBytes / 1024).toFixed(0).padStart(10)}`);
  return missed;
}

interface Replay {
  readonly hitPercent: number;
  readonly nanoseconds: number;
  readonly queueBytes: number;
}

function replay(policy: PolicyName, byBytes: boolean, size: number, trace: Trace): Replay {
  let state = 12_345;
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const store = new Store({ seed: 1, random, limitKeys: byBytes ? 0 : size, limitWeightBytes: byBytes ? size : 0 });
  store.setPolicy(policy);
  const { keys, sizes, requests } = trace;
  const value = new Uint8Array(byBytes ? sizes.reduce((a, b) => Math.max(a, b), 1) : 1);
  const begin = process.threadCpuUsage();
  for (let i = 0; i < requests; i++) {
    const at = i * keyBytes;
    const slot = slotOfKey(keys, at, keyBytes);
    const hash = store.hashKey(keys, at, keyBytes);
    if (store.read(keys, at, keyBytes, slot, hash, 0) === 0) store.put(keys, at, keyBytes, slot, hash, value, 0, byBytes ? sizes[i] : 1, 0, 0, 0);
  }
  const used = process.threadCpuUsage(begin);
  const result = { hitPercent: (store.hits / requests) * 100, nanoseconds: ((used.user + used.system) * 1000) / requests, queueBytes: store.policy?.memoryBytes ?? 0 };
  store.flush();
  return result;
}

if (import.meta.main) await run(process.argv.slice(2));
