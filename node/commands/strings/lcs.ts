import { entryType, maxValueBytes } from '../../engine/entry-layout.ts';
import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, optionIs, readKey, syntaxErrorLine } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { working } from '../working-memory/working.ts';
import { longestCommon, type CommonRun } from './longest-common.ts';

/** Redis would need a table of this many bytes per pair of positions; beyond its limit it refuses, and so do we. */
const tableBytesPerPair = 4;

interface Options {
  readonly wants: 'text' | 'length' | 'runs';
  readonly minimum: number;
  readonly withLength: boolean;
}

export const lcs: CommandSpec = {
  name: 'lcs',
  summary: 'Finds the longest common subsequence of two strings.',
  since: '7.0.0',
  group: 'string',
  complexity: 'O(N*M) where N and M are the lengths of s1 and s2, respectively',
  arity: -3,
  flags: ['readonly'],
  categories: ['string'],
  keys: keysAt(['RO', 'access'], 1),
  args: [
    { name: 'key1', type: 'key' },
    { name: 'key2', type: 'key' },
    { name: 'len', type: 'pure-token', token: 'LEN', optional: true },
    { name: 'idx', type: 'pure-token', token: 'IDX', optional: true },
    { name: 'len', type: 'integer', token: 'MINMATCHLEN', optional: true },
    { name: 'withmatchlen', type: 'pure-token', token: 'WITHMATCHLEN', optional: true },
  ],
  run(call) {
    const { reply } = call;
    const left = valueAt(call, 1);
    const right = valueAt(call, 2);
    if (left === undefined || right === undefined) return reply.error('ERR The specified keys must contain string values');
    const options = optionsOf(call);
    if (options === undefined) return;
    if ((left.length + 1) * (right.length + 1) * tableBytesPerPair > maxValueBytes) return reply.error('ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len');
    working(call, (memory) => {
      const common = longestCommon(memory, left, right, options.wants === 'length');
      if (options.wants === 'length') reply.integer(common.length);
      else if (options.wants === 'text') replyText(call, left, common.length, common.runs);
      else replyRuns(call, common.length, common.runs, options);
    });
  },
};

/** A view of the string; undefined for another type. */
function valueAt(call: Call, i: number): Uint8Array | undefined {
  const ref = readKey(call, i);
  if (ref === 0) return new Uint8Array(0);
  const { store } = call.node;
  if (store.typeOf(ref) !== entryType.string) return undefined;
  store.open(ref);
  return store.entryBytes.subarray(store.valueStart, store.valueStart + store.valueLength);
}

function optionsOf(call: Call): Options | undefined {
  let wantsLength = false;
  let wantsRuns = false;
  let withLength = false;
  let minimum = 0;
  for (let i = 3; i < call.argc; i++) {
    if (optionIs(call, i, 'idx')) wantsRuns = true;
    else if (optionIs(call, i, 'len')) wantsLength = true;
    else if (optionIs(call, i, 'withmatchlen')) withLength = true;
    else if (optionIs(call, i, 'minmatchlen') && i + 1 < call.argc) {
      minimum = integerAt(call, ++i);
      if (Number.isNaN(minimum)) return refuse(call, notAnIntegerLine);
    } else return refuse(call, syntaxErrorLine);
  }
  if (wantsLength && wantsRuns) return refuse(call, 'ERR If you want both the length and indexes, please just use IDX.');
  return { wants: wantsRuns ? 'runs' : wantsLength ? 'length' : 'text', minimum, withLength };
}

function replyText(call: Call, left: Uint8Array, length: number, runs: readonly CommonRun[]): void {
  let at = call.reply.bulkSpace(length);
  for (const run of runs.toReversed()) {
    call.reply.buffer.set(left.subarray(run.left, run.left + run.length), at);
    at += run.length;
  }
}

/** From the last run to the first, as Redis finds them. */
function replyRuns(call: Call, length: number, runs: readonly CommonRun[], { minimum, withLength }: Options): void {
  const { reply } = call;
  const shown = runs.filter((run) => run.length >= minimum);
  reply.map(2);
  reply.bulkLatin1('matches');
  reply.array(shown.length);
  for (const run of shown) {
    reply.array(withLength ? 3 : 2);
    for (const first of [run.left, run.right]) {
      reply.array(2);
      reply.integer(first);
      reply.integer(first + run.length - 1);
    }
    if (withLength) reply.integer(run.length);
  }
  reply.bulkLatin1('len');
  reply.integer(length);
}

function refuse(call: Call, line: string): undefined {
  call.reply.error(line);
  return undefined;
}
