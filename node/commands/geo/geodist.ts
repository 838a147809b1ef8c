import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, syntaxErrorLine, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { pointOf } from './coordinates.ts';
import { distanceBetween, distanceText, unitAt } from './distance.ts';

export const geodist: CommandSpec = {
  name: 'geodist',
  summary: 'Returns the distance between two members of a geospatial index.',
  since: '3.2.0',
  group: 'geo',
  complexity: 'O(log(N))',
  arity: -4,
  flags: ['readonly'],
  categories: ['geo'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'member1', type: 'string' }, { name: 'member2', type: 'string' }, { name: 'unit', type: 'oneof', optional: true, args: [{ name: 'm', type: 'pure-token', token: 'M' }, { name: 'km', type: 'pure-token', token: 'KM' }, { name: 'ft', type: 'pure-token', token: 'FT' }, { name: 'mi', type: 'pure-token', token: 'MI' }] }],
  run(call) {
    const { argc, bytes, start, length, reply } = call;
    if (argc > 5) return reply.error(syntaxErrorLine);
    const unitMeters = argc === 5 ? unitAt(call, 4) : 1;
    if (unitMeters < 0) return;
    const ref = readCollection(call, 1, entryType.zset);
    if (ref === wrongType) return;
    const { zsets } = call.node.store.collections;
    if (ref === 0) return reply.nil();
    zsets.load(ref);
    if (!zsets.find(bytes, start[2], length[2])) return reply.nil();
    const from = pointOf(zsets.score);
    if (!zsets.find(bytes, start[3], length[3])) return reply.nil();
    reply.bulkLatin1(distanceText(distanceBetween(from, pointOf(zsets.score)) / unitMeters));
  },
};
