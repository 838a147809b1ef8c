import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyPoint } from './point-argument.ts';
import { replyPlaces } from './reply-places.ts';

export const geopos: CommandSpec = {
  name: 'geopos',
  summary: 'Returns the coordinates of members of a geospatial index.',
  since: '3.2.0',
  group: 'geo',
  complexity: 'O(N) where N is the number of members requested.',
  arity: -2,
  flags: ['readonly'],
  categories: ['geo'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'member', type: 'string', multiple: true }],
  run: (call) => replyPlaces(call, replyPoint, (reply) => reply.nullArray()),
};
