import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { geohashText } from './geohash-text.ts';
import { replyPlaces } from './reply-places.ts';

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
  args: [{ name: 'key', type: 'key' }, { name: 'member', type: 'string', multiple: true }],
  run: (call) => replyPlaces(call, (reply, point) => reply.bulkLatin1(geohashText(point)), (reply) => reply.nil()),
};
