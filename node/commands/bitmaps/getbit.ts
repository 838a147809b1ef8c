import { readString, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { bitOffsetAt } from './bit-offset.ts';

export const getbit: CommandSpec = {
  name: 'getbit',
  summary: 'Returns one bit of a string by its offset.',
  since: '2.2.0',
  group: 'bitmap',
  complexity: 'O(1)',
  arity: 3,
  flags: ['readonly', 'fast'],
  categories: ['bitmap'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'offset', type: 'integer' }],
  run(call) {
    const offset = bitOffsetAt(call, 2);
    if (offset < 0) return;
    const ref = readString(call, 1);
    if (ref === wrongType) return;
    if (ref === 0) return call.reply.integer(0);
    const { store } = call.node;
    store.open(ref);
    const byte = Math.floor(offset / 8);
    call.reply.integer(byte < store.valueLength ? (store.entryBytes[store.valueStart + byte] >>> (7 - (offset & 7))) & 1 : 0);
  },
};
