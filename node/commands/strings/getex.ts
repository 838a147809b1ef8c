import { keepExpiry, noExpiry } from '../../engine/store.ts';
import { keyChanged, optionIs, readString, removeKey, syntaxErrorLine, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { expiryAt, timeUnit, timeUnitAt } from './expiry-options.ts';
import { replyString } from './reply-value.ts';

export const getex: CommandSpec = {
  name: 'getex',
  summary: 'Returns the string value of a key after setting its expiration time.',
  since: '6.2.0',
  group: 'string',
  complexity: 'O(1)',
  arity: -2,
  flags: ['write', 'fast'],
  categories: ['string'],
  keys: keysAt(['RW', 'access', 'update'], 0),
  args: [{ name: 'key', type: 'key' },
    {
      name: 'expiration',
      type: 'oneof',
      optional: true,
      args: [
        { name: 'seconds', type: 'integer', token: 'EX' },
        { name: 'milliseconds', type: 'integer', token: 'PX' },
        { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT' },
        { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT' },
        { name: 'persist', type: 'pure-token', token: 'PERSIST' },
      ],
    },
  ],
  run(call) {
    let expireAtMs: number = keepExpiry;
    const unit = call.argc > 2 ? timeUnitAt(call, 2) : timeUnit.none;
    const persists = call.argc === 3 && optionIs(call, 2, 'persist');
    if (call.argc > 2 && !persists && (unit === timeUnit.none || call.argc !== 4)) return call.reply.error(syntaxErrorLine);
    const ref = readString(call, 1);
    if (ref === wrongType) return;
    if (unit !== timeUnit.none) {
      expireAtMs = expiryAt(call, 3, unit, 'getex');
      if (expireAtMs === noExpiry) return;
    }
    replyString(call, ref);
    if (ref !== 0) change(call, ref, persists, expireAtMs);
  },
};

function change(call: Call, ref: number, persists: boolean, expireAtMs: number): void {
  const { store } = call.node;
  if (persists) {
    if (!store.expires(ref)) return;
    store.setExpiry(ref, noExpiry, call.nowMs);
    keyChanged(call, 1, 'g', 'persist');
  } else if (expireAtMs !== keepExpiry && expireAtMs <= call.nowMs) {
    removeKey(call, 1);
    keyChanged(call, 1, 'g', 'del');
  } else if (expireAtMs !== keepExpiry) {
    store.setExpiry(ref, expireAtMs, call.nowMs);
    keyChanged(call, 1, 'g', 'expire');
  }
}
