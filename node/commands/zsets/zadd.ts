import { oneUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { addMembers } from './add-members.ts';

export const zadd: CommandSpec = {
  name: 'zadd',
  summary: 'Adds members to a sorted set or gives them new scores. Creates the key if need be.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(log(N)) for each item added, where N is the number of elements in the sorted set.',
  arity: -4,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['sortedset'],
  keys: oneUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'condition', type: 'oneof', optional: true, args: [{ name: 'nx', type: 'pure-token', token: 'NX' }, { name: 'xx', type: 'pure-token', token: 'XX' }] }, { name: 'comparison', type: 'oneof', optional: true, args: [{ name: 'gt', type: 'pure-token', token: 'GT' }, { name: 'lt', type: 'pure-token', token: 'LT' }] }, { name: 'change', type: 'pure-token', token: 'CH', optional: true }, { name: 'increment', type: 'pure-token', token: 'INCR', optional: true }, { name: 'data', type: 'block', multiple: true, args: [{ name: 'score', type: 'double' }, { name: 'member', type: 'string' }] }],
  run(call) {
    addMembers(call, 'zadd');
  },
};
