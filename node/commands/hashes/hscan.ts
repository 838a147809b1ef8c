import { entryType } from '../../engine/entry-layout.ts';
import { keyMatches } from '../keys/glob.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import { replyEmptyScan, scanCursor, scanOptions } from '../scan-options.ts';
import type { CommandSpec } from '../spec.ts';
import { ElementRows } from '../working-memory/element-rows.ts';
import { replyScan } from '../working-memory/reply-elements.ts';
import { working } from '../working-memory/working.ts';

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
    working(call, (memory) => {
      // The cursor is answered before the elements and known after them.
      const found = new ElementRows(memory);
      const next = hashes.scan(cursor, options.count, () => {
        if (options.pattern !== undefined && !keyMatches(options.pattern, hashes.fieldBytes, hashes.fieldStart, hashes.fieldLength)) return;
        found.add(hashes.fieldBytes, hashes.fieldStart, hashes.fieldLength);
        found.add(hashes.valueBytes, hashes.valueStart, hashes.valueLength);
      });
      replyScan(reply, next, found);
    });
  },
};
