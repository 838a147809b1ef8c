import { latin1At } from '../arguments.ts';
import { addDecimals, decimalText, parseDecimal, type Decimal } from '../decimal.ts';
import { editCollection, keyChanged } from '../key-access.ts';
import { oneAccessUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const hincrbyfloat: CommandSpec = {
  name: 'hincrbyfloat',
  summary: 'Increments the floating point value of a field by a number. Uses 0 as initial value if the field doesn\'t exist.',
  since: '2.6.0',
  group: 'hash',
  complexity: 'O(1)',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['hash'],
  keys: oneAccessUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'field', type: 'string' }, { name: 'increment', type: 'double' }],
  run(call) {
    const { bytes, start, length, reply } = call;
    const increment = parseDecimal(latin1At(call, 3));
    if (increment === undefined) return reply.error('ERR value is not a valid float');
    if (increment === 'infinite') return reply.error('ERR value is NaN or Infinity');
    const { hashes } = call.node.store.collections;
    if (!editCollection(call, 1, hashes)) return;
    let old: Decimal | 'infinite' | undefined = { digits: 0n, scale: 0 };
    if (hashes.find(bytes, start[2], length[2])) old = parseDecimal(Buffer.from(hashes.valueBytes.buffer, hashes.valueBytes.byteOffset + hashes.valueStart, hashes.valueLength).toString('latin1'));
    if (old === undefined || old === 'infinite') {
      hashes.done();
      return reply.error(old === undefined ? 'ERR hash value is not a float' : 'ERR increment would produce NaN or Infinity');
    }
    const sum = Buffer.from(decimalText(addDecimals(old, increment)), 'latin1');
    hashes.set(bytes, start[2], length[2], sum, 0, sum.length);
    hashes.done();
    keyChanged(call, 1, 'h', 'hincrbyfloat');
    reply.bulk(sum, 0, sum.length);
  },
};
