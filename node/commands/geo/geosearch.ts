import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { runSearch } from './search.ts';

export const geosearch: CommandSpec = {
  name: 'geosearch',
  summary: 'Finds the members of a geospatial index within a circle or a box.',
  since: '6.2.0',
  group: 'geo',
  complexity: 'O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape',
  arity: -7,
  flags: ['readonly'],
  categories: ['geo'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'from', type: 'oneof', args: [{ name: 'member', type: 'string', token: 'FROMMEMBER' }, { name: 'fromlonlat', type: 'block', token: 'FROMLONLAT', args: [{ name: 'longitude', type: 'double' }, { name: 'latitude', type: 'double' }] }] }, { name: 'by', type: 'oneof', args: [{ name: 'circle', type: 'block', args: [{ name: 'radius', type: 'double', token: 'BYRADIUS' }, { name: 'unit', type: 'oneof', args: [{ name: 'm', type: 'pure-token', token: 'M' }, { name: 'km', type: 'pure-token', token: 'KM' }, { name: 'ft', type: 'pure-token', token: 'FT' }, { name: 'mi', type: 'pure-token', token: 'MI' }] }] }, { name: 'box', type: 'block', args: [{ name: 'width', type: 'double', token: 'BYBOX' }, { name: 'height', type: 'double' }, { name: 'unit', type: 'oneof', args: [{ name: 'm', type: 'pure-token', token: 'M' }, { name: 'km', type: 'pure-token', token: 'KM' }, { name: 'ft', type: 'pure-token', token: 'FT' }, { name: 'mi', type: 'pure-token', token: 'MI' }] }] }] }, { name: 'order', type: 'oneof', optional: true, args: [{ name: 'asc', type: 'pure-token', token: 'ASC' }, { name: 'desc', type: 'pure-token', token: 'DESC' }] }, { name: 'count-block', type: 'block', optional: true, args: [{ name: 'count', type: 'integer', token: 'COUNT' }, { name: 'any', type: 'pure-token', token: 'ANY', optional: true }] }, { name: 'withcoord', type: 'pure-token', token: 'WITHCOORD', optional: true }, { name: 'withdist', type: 'pure-token', token: 'WITHDIST', optional: true }, { name: 'withhash', type: 'pure-token', token: 'WITHHASH', optional: true }],
  run(call) {
    runSearch(call, { center: 'options', stores: 'never' });
  },
};
