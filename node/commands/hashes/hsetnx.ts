import { editCollection, keyChanged } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const hsetnx: CommandSpec = {
  name: 'hsetnx',
  summary: 'Sets the value of a field in a hash only when the field doesn\'t exist.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(1)',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['hash'],
  keys: keysAt(['RW', 'insert'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'field', type: 'string' }, { name: 'value', type: 'string' }],
  run(call) {
    const { bytes, start, length, reply } = call;
    const { hashes } = call.node.store.collections;
    if (!editCollection(call, 1, hashes)) return;
    const isNew = !hashes.find(bytes, start[2], length[2]);
    if (isNew) hashes.set(bytes, start[2], length[2], bytes, start[3], length[3]);
    hashes.done();
    if (isNew) keyChanged(call, 1, 'h', 'hset');
    reply.integer(isNew ? 1 : 0);
  },
};
