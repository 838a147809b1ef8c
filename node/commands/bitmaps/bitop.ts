import { stringEncoding } from '../../engine/entry-layout.ts';
import { noExpiry } from '../../engine/store.ts';
import { wordAt } from '../arguments.ts';
import { keyChanged, putString, readString, removeKey, syntaxErrorLine, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { working } from '../working-memory/working.ts';
import type { WorkingMemory } from '../working-memory/working-memory.ts';

const firstSource = 3;
type Operation = 'and' | 'or' | 'xor' | 'not';

export const bitop: CommandSpec = {
  name: 'bitop',
  summary: 'Combines strings bit by bit and stores the result.',
  since: '2.6.0',
  group: 'bitmap',
  complexity: 'O(N)',
  arity: -4,
  flags: ['write', 'denyoom'],
  categories: ['bitmap'],
  keys: [...keysAt(['OW', 'update'], 0, 1, 2), ...keysAt(['RO', 'access'], -1, 1, firstSource)],
  args: [{ name: 'operation', type: 'string' }, { name: 'destkey', type: 'key' }, { name: 'key', type: 'key', multiple: true }],
  run(call) {
    const { reply } = call;
    const operation = wordAt(call, 1);
    if (!isOperation(operation)) return reply.error(syntaxErrorLine);
    if (operation === 'not' && call.argc !== firstSource + 1) return reply.error('ERR BITOP NOT must be called with a single source key.');
    working(call, (memory) => {
      const result = combineSources(call, memory, operation);
      if (result === undefined) return;
      if (result.length > 0) {
        if (!putString(call, 2, result, 0, result.length, stringEncoding.raw, noExpiry)) return;
        keyChanged(call, 2, '$', 'set');
      } else if (removeKey(call, 2)) keyChanged(call, 2, 'g', 'del');
      reply.integer(result.length);
    });
  },
};

function isOperation(word: string): word is Operation {
  return word === 'and' || word === 'or' || word === 'xor' || word === 'not';
}

/** As long as the longest source; shorter ones count as followed by zeros. Undefined after answering WRONGTYPE. */
function combineSources(call: Call, memory: WorkingMemory, operation: Operation): Uint8Array | undefined {
  const { store } = call.node;
  const sources: Uint8Array[] = [];
  for (let i = firstSource; i < call.argc; i++) {
    const ref = readString(call, i);
    if (ref === wrongType) return undefined;
    if (ref !== 0) store.open(ref);
    sources.push(ref === 0 ? new Uint8Array(0) : store.entryBytes.subarray(store.valueStart, store.valueStart + store.valueLength));
  }
  const result = memory.bytes(sources.reduce((longest, { length }) => Math.max(longest, length), 0));
  const [first, ...others] = sources;
  result.set(first);
  result.fill(0, first.length);
  if (operation === 'not') for (let i = 0; i < result.length; i++) result[i] = ~result[i];
  for (const source of others) combine(result, source, operation);
  return result;
}

function combine(result: Uint8Array, source: Uint8Array, operation: Operation): void {
  const { length } = source;
  if (operation === 'and') {
    for (let i = 0; i < length; i++) result[i] &= source[i];
    result.fill(0, length);
  } else if (operation === 'or') {
    for (let i = 0; i < length; i++) result[i] |= source[i];
  } else {
    for (let i = 0; i < length; i++) result[i] ^= source[i];
  }
}
