import { maxInt64, minInt64, parseInteger64 } from '../integer-text.ts';
import { editCollection, keyChanged, notAnIntegerLine } from '../key-access.ts';
import { oneAccessUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const hincrby: CommandSpec = {
  name: 'hincrby',
  summary: 'Increments the integer value of a field in a hash by a number. Uses 0 as initial value if the field doesn\'t exist.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(1)',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['hash'],
  keys: oneAccessUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'field', type: 'string' }, { name: 'increment', type: 'integer' }],
  run(call) {
    const { bytes, start, length, reply } = call;
    const increment = parseInteger64(bytes, start[3], length[3]);
    if (increment === undefined) return reply.error(notAnIntegerLine);
    const { hashes } = call.node.store.collections;
    if (!editCollection(call, 1, hashes)) return;
    const old = hashes.find(bytes, start[2], length[2]) ? parseInteger64(hashes.valueBytes, hashes.valueStart, hashes.valueLength) : 0n;
    const sum = old === undefined ? undefined : old + increment;
    const fault = sum === undefined ? 'ERR hash value is not an integer' : sum > maxInt64 || sum < minInt64 ? 'ERR increment or decrement would overflow' : undefined;
    if (fault !== undefined || sum === undefined) {
      hashes.done();
      return reply.error(fault ?? '');
    }
    const text = Buffer.from(sum.toString(), 'latin1');
    hashes.set(bytes, start[2], length[2], text, 0, text.length);
    hashes.done();
    keyChanged(call, 1, 'h', 'hincrby');
    reply.integer64(sum);
  },
};
