import { bytesAt, latin1At } from '../arguments.ts';
import { boundNamespaces, isVisible } from '../bound-namespaces.ts';
import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, optionIs, syntaxErrorLine } from '../key-access.ts';
import { cursorAt } from '../scan-options.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { keyMatches } from './glob.ts';
import { typeNames } from './type-names.ts';

const defaultCount = 10;
/** Cursors are below 2^45; what is beyond never came from us and ends the walk. */
const maxCursor = 2 ** 45;
/** Keys looked at in one call whatever COUNT says, so that no call stops the others for long. */
const maxLooked = 10_000;

export const scan: CommandSpec = {
  name: 'scan',
  summary: 'Iterates over the key names in the database.',
  since: '2.8.0',
  group: 'generic',
  complexity: 'O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.',
  arity: -2,
  flags: ['readonly'],
  categories: ['keyspace'],
  keys: [],
  args: [
    { name: 'cursor', type: 'integer' },
    { name: 'pattern', type: 'pattern', token: 'MATCH', optional: true },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
    { name: 'type', type: 'string', token: 'TYPE', optional: true },
  ],
  run(call) {
    const cursor = cursorAt(call, 1);
    if (cursor === undefined) return call.reply.error('ERR invalid cursor');
    const options = scanOptions(call);
    if (options !== undefined) walk(call, cursor, options);
  },
};

interface ScanOptions {
  readonly pattern: Uint8Array | undefined;
  readonly count: number;
  readonly type: string | undefined;
}

function scanOptions(call: Call): ScanOptions | undefined {
  let pattern: Uint8Array | undefined;
  let type: string | undefined;
  let count = defaultCount;
  for (let i = 2; i < call.argc; i += 2) {
    if (i + 1 >= call.argc) return refuse(call, syntaxErrorLine);
    if (optionIs(call, i, 'count')) {
      count = integerAt(call, i + 1);
      if (Number.isNaN(count)) return refuse(call, notAnIntegerLine);
      if (count < 1) return refuse(call, syntaxErrorLine);
    } else if (optionIs(call, i, 'match')) pattern = bytesAt(call, i + 1);
    else if (optionIs(call, i, 'type')) type = latin1At(call, i + 1).toLowerCase();
    else return refuse(call, syntaxErrorLine);
  }
  return { pattern, count: Math.min(count, maxLooked), type };
}

function walk(call: Call, from: number, { pattern, count, type }: ScanOptions): void {
  const { store } = call.node;
  const { reply } = call;
  const bound = boundNamespaces(call, 'read');
  const refs: number[] = [];
  let cursor = from;
  if (from >= maxCursor) cursor = 0;
  else do cursor = store.scanStep(cursor, refs); while (cursor !== 0 && refs.length < count);
  reply.array(2);
  reply.bulkLatin1(String(cursor));
  const mark = reply.deferred();
  let found = 0;
  for (const ref of refs) {
    if (store.isExpired(ref, call.nowMs)) continue;
    if (type !== undefined && typeNames[store.typeOf(ref)] !== type) continue;
    store.open(ref);
    if (!isVisible(bound, store.entryBytes, store.keyStart, store.keyLength)) continue;
    if (pattern !== undefined && !keyMatches(pattern, store.entryBytes, store.keyStart, store.keyLength)) continue;
    reply.bulk(store.entryBytes, store.keyStart, store.keyLength);
    found++;
  }
  reply.closeArray(mark, found);
}

function refuse(call: Call, line: string): undefined {
  call.reply.error(line);
  return undefined;
}
