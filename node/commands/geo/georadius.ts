import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { runSearch } from './search.ts';
import { storeKeys } from './search-request.ts';

export const georadius: CommandSpec = {
  name: 'georadius',
  summary: 'Finds the members of a geospatial index within a distance of coordinates; can store them.',
  since: '3.2.0',
  group: 'geo',
  complexity: 'O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.',
  arity: -6,
  flags: ['write', 'denyoom', 'movablekeys'],
  categories: ['geo'],
  keys: [...keysAt(['RO', 'access'], 0), ...storeKeys(6)],
  args: [{ name: 'key', type: 'key' }, { name: 'longitude', type: 'double' }, { name: 'latitude', type: 'double' }, { name: 'radius', type: 'double' }, { name: 'unit', type: 'oneof', args: [{ name: 'm', type: 'pure-token', token: 'M' }, { name: 'km', type: 'pure-token', token: 'KM' }, { name: 'ft', type: 'pure-token', token: 'FT' }, { name: 'mi', type: 'pure-token', token: 'MI' }] }, { name: 'withcoord', type: 'pure-token', token: 'WITHCOORD', optional: true }, { name: 'withdist', type: 'pure-token', token: 'WITHDIST', optional: true }, { name: 'withhash', type: 'pure-token', token: 'WITHHASH', optional: true }, { name: 'count-block', type: 'block', optional: true, args: [{ name: 'count', type: 'integer', token: 'COUNT' }, { name: 'any', type: 'pure-token', token: 'ANY', optional: true }] }, { name: 'order', type: 'oneof', optional: true, args: [{ name: 'asc', type: 'pure-token', token: 'ASC' }, { name: 'desc', type: 'pure-token', token: 'DESC' }] }, { name: 'key', type: 'key', token: 'STORE', optional: true }, { name: 'key', type: 'key', token: 'STOREDIST', optional: true }],
  run(call) {
    runSearch(call, { center: 'coordinates', stores: 'option' });
  },
};
