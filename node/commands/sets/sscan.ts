import { entryType } from '../../engine/entry-layout.ts';
import { keyMatches } from '../keys/glob.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import { replyEmptyScan, scanCursor, scanOptions } from '../scan-options.ts';
import { ElementRows } from '../working-memory/element-rows.ts';
import { replyScan } from '../working-memory/reply-elements.ts';
import { working } from '../working-memory/working.ts';
import type { CommandSpec } from '../spec.ts';

export const sscan: CommandSpec = {
  name: 'sscan',
  summary: 'Iterates over members of a set.',
  since: '2.8.0',
  group: 'set',
  complexity: 'O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.',
  arity: -3,
  flags: ['readonly'],
  categories: ['set'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'cursor', type: 'integer' }, { name: 'pattern', type: 'pattern', token: 'MATCH', optional: true }, { name: 'count', type: 'integer', token: 'COUNT', optional: true }],
  run(call) {
    const cursor = scanCursor(call);
    if (cursor < 0) return;
    const ref = readCollection(call, 1, entryType.set);
    if (ref === wrongType) return;
    const { sets } = call.node.store.collections;
    const { reply } = call;
    if (ref === 0) return replyEmptyScan(call);
    const options = scanOptions(call);
    if (options === undefined) return;
    sets.load(ref);
    working(call, (memory) => {
      const found = new ElementRows(memory);
      const next = sets.scan(cursor, options.count, () => {
        if (options.pattern === undefined || keyMatches(options.pattern, sets.memberBytes, sets.memberStart, sets.memberLength)) found.add(sets.memberBytes, sets.memberStart, sets.memberLength);
      });
      replyScan(reply, next, found);
    });
  },
};
