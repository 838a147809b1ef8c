import { entryType } from '../../engine/entry-layout.ts';
import { keyMatches } from '../keys/glob.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import { replyEmptyScan, scanCursor, scanOptions } from '../scan-options.ts';
import type { CommandSpec } from '../spec.ts';

export const hscan: CommandSpec = {
  name: 'hscan',
  summary: 'Iterates over fields and values of a hash.',
  since: '2.8.0',
  group: 'hash',
  complexity: 'O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.',
  arity: -3,
  flags: ['readonly'],
  categories: ['hash'],
  keys: oneReadKey,
  args: [
    { name: 'key', type: 'key' },
    { name: 'cursor', type: 'integer' },
    { name: 'pattern', type: 'pattern', token: 'MATCH', optional: true },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
  ],
  run(call) {
    const cursor = scanCursor(call);
    if (cursor < 0) return;
    const ref = readCollection(call, 1, entryType.hash);
    if (ref === wrongType) return;
    const { hashes } = call.node.store.collections;
    const { reply } = call;
    if (ref === 0) return replyEmptyScan(call);
    const options = scanOptions(call);
    if (options === undefined) return;
    hashes.load(ref);
    // The cursor is answered before the elements and known after them: they wait in a list of copies only when a walk is in slices.
    const found: Buffer[] = [];
    const visit = (): void => {
      if (options.pattern !== undefined && !keyMatches(options.pattern, hashes.fieldBytes, hashes.fieldStart, hashes.fieldLength)) return;
      found.push(Buffer.from(hashes.fieldBytes.subarray(hashes.fieldStart, hashes.fieldStart + hashes.fieldLength)), Buffer.from(hashes.valueBytes.subarray(hashes.valueStart, hashes.valueStart + hashes.valueLength)));
    };
    const next = hashes.scan(cursor, options.count, visit);
    reply.array(2);
    reply.bulkLatin1(String(next));
    reply.array(found.length);
    for (const bytes of found) reply.bulk(bytes, 0, bytes.length);
  },
};
