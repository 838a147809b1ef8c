import { redisErrorLine } from '../../../shared/errors/meridian-error.ts';
import { stringEncoding } from '../../engine/entry-layout.ts';
import { keepExpiry, noExpiry } from '../../engine/store.ts';
import { findKey, findString, keyChanged, notifyKey, optionIs, putString, syntaxErrorLine, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { replyString } from './reply-value.ts';
import { expiryAt, timeUnit, timeUnitAt, type TimeUnit } from './expiry-options.ts';

const condition = { none: 0, ifAbsent: 1, ifPresent: 2 } as const;

export const set: CommandSpec = {
  name: 'set',
  summary: 'Sets the string value of a key, ignoring its type. The key is created if it does not exist.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  arity: -3,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: keysAt(['RW', 'access', 'update', 'variable_flags'], 0),
  args: [
    { name: 'key', type: 'key' },
    { name: 'value', type: 'string' },
    { name: 'condition', type: 'oneof', optional: true, args: [{ name: 'nx', type: 'pure-token', token: 'NX' }, { name: 'xx', type: 'pure-token', token: 'XX' }] },
    { name: 'get', type: 'pure-token', token: 'GET', optional: true },
    {
      name: 'expiration',
      type: 'oneof',
      optional: true,
      args: [
        { name: 'seconds', type: 'integer', token: 'EX' },
        { name: 'milliseconds', type: 'integer', token: 'PX' },
        { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT' },
        { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT' },
        { name: 'keepttl', type: 'pure-token', token: 'KEEPTTL' },
      ],
    },
    { name: 'token', type: 'string', token: 'FILL', optional: true },
  ],
  run(call) {
    if (call.argc === 3) {
      if (!putString(call, 1, call.bytes, call.start[2], call.length[2], stringEncoding.plain, noExpiry)) return;
      keyChanged(call, 1, '$', 'set');
      call.reply.ok();
      return;
    }
    setWithOptions(call);
  },
};

function setWithOptions(call: Call): void {
  let wanted: number = condition.none;
  let returnsOld = false;
  let keeps = false;
  let unit: TimeUnit = timeUnit.none;
  let timeArgument = 0;
  let fillArgument = 0;
  for (let i = 3; i < call.argc; i++) {
    const found = timeUnitAt(call, i);
    if (found !== timeUnit.none) {
      if (keeps || unit !== timeUnit.none || i + 1 >= call.argc) return call.reply.error(syntaxErrorLine);
      unit = found;
      timeArgument = ++i;
    } else if (optionIs(call, i, 'nx') && wanted !== condition.ifPresent) wanted = condition.ifAbsent;
    else if (optionIs(call, i, 'xx') && wanted !== condition.ifAbsent) wanted = condition.ifPresent;
    else if (optionIs(call, i, 'get')) returnsOld = true;
    else if (optionIs(call, i, 'keepttl') && unit === timeUnit.none) keeps = true;
    else if (optionIs(call, i, 'fill') && fillArgument === 0 && i + 1 < call.argc) fillArgument = ++i;
    else return call.reply.error(syntaxErrorLine);
  }
  let expireAtMs: number = keeps ? keepExpiry : noExpiry;
  if (unit !== timeUnit.none) {
    expireAtMs = expiryAt(call, timeArgument, unit, 'set');
    if (expireAtMs === noExpiry) return;
  }
  if (fillArgument !== 0 && !mayFill(call, fillArgument)) return call.reply.error(redisErrorLine('FILL_VOIDED'));
  store(call, wanted, returnsOld, expireAtMs, unit !== timeUnit.none);
}

/** FILL: the token of a MERIDIAN.FETCH. */
function mayFill(call: Call, i: number): boolean {
  const token = Buffer.from(call.bytes.subarray(call.start[i], call.start[i] + call.length[i])).toString();
  return call.node.tenants?.fillAllowed(call, 1, token) === true;
}

function store(call: Call, wanted: number, returnsOld: boolean, expireAtMs: number, timed: boolean): void {
  const { reply } = call;
  const begin = reply.position;
  const old = returnsOld ? findString(call, 1) : wanted === condition.none ? 0 : findKey(call, 1);
  if (old === wrongType) return;
  if (returnsOld) replyString(call, old);
  if ((wanted === condition.ifAbsent && old !== 0) || (wanted === condition.ifPresent && old === 0)) {
    if (!returnsOld) reply.nil();
    return;
  }
  const valueEnd = reply.position;
  if (!putString(call, 1, call.bytes, call.start[2], call.length[2], stringEncoding.plain, expireAtMs)) {
    // The old value was written already: the error takes its place.
    reply.buffer.copyWithin(begin, valueEnd, reply.position);
    reply.position -= valueEnd - begin;
    return;
  }
  keyChanged(call, 1, '$', 'set');
  if (timed) notifyKey(call, 1, 'g', 'expire');
  if (!returnsOld) reply.ok();
}
