import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { pointOf } from './coordinates.ts';
import { geohashText } from './geohash-text.ts';

export const geohash: CommandSpec = {
  name: 'geohash',
  summary: 'Returns members of a geospatial index as geohash strings.',
  since: '3.2.0',
  group: 'geo',
  complexity: 'O(log(N)) for each member requested, where N is the number of elements in the sorted set.',
  arity: -2,
  flags: ['readonly'],
  categories: ['geo'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'member', type: 'string', optional: true, multiple: true }],
  run(call) {
    const ref = readCollection(call, 1, entryType.zset);
    if (ref === wrongType) return;
    const { zsets } = call.node.store.collections;
    if (ref !== 0) zsets.load(ref);
    call.reply.array(call.argc - 2);
    for (let i = 2; i < call.argc; i++) {
      if (ref !== 0 && zsets.find(call.bytes, call.start[i], call.length[i])) call.reply.bulkLatin1(geohashText(pointOf(zsets.score)));
      else call.reply.nil();
    }
  },
};
