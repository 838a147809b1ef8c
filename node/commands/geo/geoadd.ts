import { oneUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { addPoints } from './add-points.ts';

export const geoadd: CommandSpec = {
  name: 'geoadd',
  summary: 'Adds points to a geospatial index (a sorted set). Creates the key if need be.',
  since: '3.2.0',
  group: 'geo',
  complexity: 'O(log(N)) for each item added, where N is the number of elements in the sorted set.',
  arity: -5,
  flags: ['write', 'denyoom'],
  categories: ['geo'],
  keys: oneUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'condition', type: 'oneof', optional: true, args: [{ name: 'nx', type: 'pure-token', token: 'NX' }, { name: 'xx', type: 'pure-token', token: 'XX' }] }, { name: 'change', type: 'pure-token', token: 'CH', optional: true }, { name: 'data', type: 'block', multiple: true, args: [{ name: 'longitude', type: 'double' }, { name: 'latitude', type: 'double' }, { name: 'member', type: 'string' }] }],
  run(call) {
    addPoints(call);
  },
};
