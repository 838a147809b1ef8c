import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { rangeRequest, walkOf } from './range-request.ts';
import { step } from './reply-range.ts';
import { ScoredRows } from '../working-memory/scored-rows.ts';
import { working } from '../working-memory/working.ts';
import { storeMembers } from './stored-members.ts';

export const zrangestore: CommandSpec = {
  name: 'zrangestore',
  summary: 'Stores a range of a sorted set in another key.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the destination key.',
  arity: -5,
  flags: ['write', 'denyoom'],
  categories: ['sortedset'],
  keys: [...keysAt(['OW', 'update'], 0), ...keysAt(['RO', 'access'], 0, 1, 2)],
  args: [{ name: 'dst', type: 'key' }, { name: 'src', type: 'key' }, { name: 'min', type: 'string' }, { name: 'max', type: 'string' }, { name: 'sortby', type: 'oneof', optional: true, args: [{ name: 'byscore', type: 'pure-token', token: 'BYSCORE' }, { name: 'bylex', type: 'pure-token', token: 'BYLEX' }] }, { name: 'rev', type: 'pure-token', token: 'REV', optional: true }, { name: 'limit', type: 'block', token: 'LIMIT', optional: true, args: [{ name: 'offset', type: 'integer' }, { name: 'count', type: 'integer' }] }],
  run(call) {
    const request = rangeRequest(call, 3, { stores: true });
    if (request === undefined) return;
    const ref = readCollection(call, 2, entryType.zset);
    if (ref === wrongType) return;
    const { zsets } = call.node.store.collections;
    working(call, (memory) => {
      const members = new ScoredRows(memory);
      if (ref !== 0) {
        zsets.load(ref);
        const walk = walkOf(call, zsets, request);
        for (let i = 0; i < walk.count; i++) {
          if (i === 0) zsets.seekRank(walk.rank);
          else step(zsets, walk);
          members.add(zsets.memberBytes, zsets.memberStart, zsets.memberLength, zsets.score);
        }
      }
      // As in Redis: only by rank is it known in advance how many there are. Seen in the scores -0, which a packed set turns into 0.
      storeMembers(call, 1, members, 'zrangestore', { members: request.bounds.by === 'rank' ? members.count : 0, longestBytes: 0 });
    });
  },
};
