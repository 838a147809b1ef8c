import { stringEncoding } from '../../engine/entry-layout.ts';
import { noExpiry } from '../../engine/store.ts';
import { keyChanged, notifyKey, putString } from '../key-access.ts';
import { oneOverwriteKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { expiryAt, timeUnit } from './expiry-options.ts';

export const setex: CommandSpec = {
  name: 'setex',
  summary: 'Sets the string value and expiration time of a key. Creates the key if it does not exist.',
  since: '2.0.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 4,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: oneOverwriteKey,
  args: [{ name: 'key', type: 'key' }, { name: 'seconds', type: 'integer' }, { name: 'value', type: 'string' }],
  run(call) {
    const expireAtMs = expiryAt(call, 2, timeUnit.ex, 'setex');
    if (expireAtMs === noExpiry || !putString(call, 1, call.bytes, call.start[3], call.length[3], stringEncoding.plain, expireAtMs)) return;
    keyChanged(call, 1, '$', 'set');
    notifyKey(call, 1, 'g', 'expire');
    call.reply.ok();
  },
};
