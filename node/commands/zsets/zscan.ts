import { entryType } from '../../engine/entry-layout.ts';
import { doubleText } from '../../server/double-text.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import { keyMatches } from '../keys/glob.ts';
import { replyEmptyScan, scanCursor, scanOptions } from '../scan-options.ts';
import type { CommandSpec } from '../spec.ts';
import { ScoredRows } from '../working-memory/scored-rows.ts';
import { working } from '../working-memory/working.ts';

export const zscan: CommandSpec = {
  name: 'zscan',
  summary: 'Iterates over members and scores of a sorted set.',
  since: '2.8.0',
  group: 'sorted-set',
  complexity: 'O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.',
  arity: -3,
  flags: ['readonly'],
  categories: ['sortedset'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'cursor', type: 'integer' }, { name: 'pattern', type: 'pattern', token: 'MATCH', optional: true }, { name: 'count', type: 'integer', token: 'COUNT', optional: true }],
  run(call) {
    const cursor = scanCursor(call);
    if (cursor < 0) return;
    const ref = readCollection(call, 1, entryType.zset);
    if (ref === wrongType) return;
    const { zsets } = call.node.store.collections;
    const { reply } = call;
    if (ref === 0) return replyEmptyScan(call);
    const options = scanOptions(call);
    if (options === undefined) return;
    zsets.load(ref);
    working(call, (memory) => {
      const found = new ScoredRows(memory);
      const next = zsets.scan(cursor, options.count, () => {
        if (options.pattern === undefined || keyMatches(options.pattern, zsets.memberBytes, zsets.memberStart, zsets.memberLength)) found.add(zsets.memberBytes, zsets.memberStart, zsets.memberLength, zsets.score);
      });
      const { rows } = found;
      reply.array(2);
      reply.bulkLatin1(String(next));
      reply.array(found.count * 2);
      for (let i = 0; i < found.count; i++) {
        const score = found.look(i);
        reply.bulk(rows.bytes, rows.start, rows.length);
        reply.bulkLatin1(doubleText(score));
      }
    });
  },
};
