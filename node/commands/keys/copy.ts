import { latin1At } from '../arguments.ts';
import { keyReady } from '../blocking-keys.ts';
import { integerAt } from '../integer-text.ts';
import { findKey, hashAt, keyChanged, keyTooLarge, makeRoom, noRoomLine, optionIs, readKey, syntaxErrorLine } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const copy: CommandSpec = {
  name: 'copy',
  summary: 'Copies the value of a key to a new key.',
  since: '6.2.0',
  group: 'generic',
  complexity: 'O(N) worst case for collections, where N is the number of nested items. O(1) for string values.',
  arity: -3,
  flags: ['write', 'denyoom'],
  categories: ['keyspace'],
  keys: [...keysAt(['RO', 'access'], 0), ...keysAt(['OW', 'update'], 0, 1, 2)],
  args: [{ name: 'source', type: 'key' }, { name: 'destination', type: 'key' }, { name: 'destination-db', type: 'integer', token: 'DB', optional: true }, { name: 'replace', type: 'pure-token', token: 'REPLACE', optional: true }],
  run(call) {
    let replaces = false;
    for (let i = 3; i < call.argc; i++) {
      if (optionIs(call, i, 'replace')) replaces = true;
      else if (optionIs(call, i, 'db') && i + 1 < call.argc) {
        const database = integerAt(call, ++i);
        if (Number.isNaN(database)) return call.reply.error('ERR value is not an integer or out of range');
        if (database !== 0) return call.reply.error('ERR DB index is out of range');
      } else return call.reply.error(syntaxErrorLine);
    }
    const { bytes, start, length, reply } = call;
    if (latin1At(call, 1) === latin1At(call, 2)) return reply.error('ERR source and destination objects are the same');
    if (readKey(call, 1) === 0 || (!replaces && findKey(call, 2) !== 0)) return reply.integer(0);
    if (keyTooLarge(call, 2)) return;
    const { store } = call.node;
    // Room for the parts of a large collection before they are copied; what is evicted for it may be the source.
    const source = findKey(call, 1);
    if (store.isLarge(source) && !makeRoom(call, 2, store.bytesOf(source), 1)) return;
    const from = findKey(call, 1);
    if (from === 0) return reply.integer(0);
    if (!store.copyEntry(from, bytes, start[2], length[2], call.keySlot, hashAt(call, 2), call.nowMs)) return reply.error(noRoomLine(call));
    keyChanged(call, 2, 'g', 'copy_to');
    keyReady(call, 2);
    reply.integer(1);
  },
};
