import { stringEncoding } from '../../engine/entry-layout.ts';
import { keepExpiry } from '../../engine/store.ts';
import { addDecimals, decimalText, parseDecimal } from '../decimal.ts';
import { findString, keyChanged, putString, wrongType } from '../key-access.ts';
import { oneAccessUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const incrbyfloat: CommandSpec = {
  name: 'incrbyfloat',
  summary: 'Increment the floating point value of a key by a number. Uses 0 as initial value if the key does not exist.',
  since: '2.6.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: oneAccessUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'increment', type: 'double' }],
  run(call) {
    const ref = findString(call, 1);
    if (ref === wrongType) return;
    const { store } = call.node;
    let value: ReturnType<typeof parseDecimal> = { digits: 0n, scale: 0 };
    if (ref !== 0) {
      store.open(ref);
      value = parseDecimal(latin1(store.entryBytes, store.valueStart, store.valueLength));
    }
    const increment = parseDecimal(latin1(call.bytes, call.start[2], call.length[2]));
    if (value === undefined || increment === undefined) return call.reply.error('ERR value is not a valid float');
    if (value === 'infinite' || increment === 'infinite') return call.reply.error('ERR increment would produce NaN or Infinity');
    const sum = Buffer.from(decimalText(addDecimals(value, increment)), 'latin1');
    if (!putString(call, 1, sum, 0, sum.length, stringEncoding.plain, keepExpiry)) return;
    keyChanged(call, 1, '$', 'incrbyfloat');
    call.reply.bulk(sum, 0, sum.length);
  },
};

const longestNumber = 256;

function latin1(bytes: Uint8Array, start: number, length: number): string {
  return length > longestNumber ? 'x' : Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
}
