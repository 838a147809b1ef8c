import { noExpiry } from '../../engine/store.ts';
import { parseInteger64 } from '../integer-text.ts';
import { findKey, keyChanged, notAnIntegerLine, optionIs, removeKey } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { ArgumentDoc, Call, CommandSpec } from '../spec.ts';

const option = { nx: 1, xx: 2, gt: 4, lt: 8 } as const;
const maxInt64 = 2n ** 63n - 1n;
const minInt64 = -(2n ** 63n);

/** What EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT have in common. */
export const expireShape = {
  group: 'generic',
  complexity: 'O(1)',
  arity: -3,
  flags: ['write', 'fast'],
  categories: ['keyspace'],
  keys: keysAt(['RW', 'update'], 0),
} as const satisfies Partial<CommandSpec>;

export function expireArgs(time: ArgumentDoc): readonly ArgumentDoc[] {
  const token = (name: string): ArgumentDoc => ({ name, type: 'pure-token', token: name.toUpperCase() });
  return [{ name: 'key', type: 'key' }, time, { name: 'condition', type: 'oneof', optional: true, args: [token('nx'), token('xx'), token('gt'), token('lt')] }];
}

/** Sets the key's expiry to argument 2 (times `unitMs`, from now if `relative`). */
export function expireKey(call: Call, unitMs: 1 | 1000, relative: boolean, command: string): void {
  const { reply, nowMs } = call;
  const options = optionsOf(call);
  if (options < 0) return;
  const value = parseInteger64(call.bytes, call.start[2], call.length[2]);
  if (value === undefined) return reply.error(notAnIntegerLine);
  const base = relative ? BigInt(nowMs) : 0n;
  const inMs = value * BigInt(unitMs);
  if (inMs > maxInt64 - base || inMs < minInt64) return reply.error(`ERR invalid expire time in '${command}' command`);
  const when = Number(inMs + base);
  const ref = findKey(call, 1);
  if (ref === 0 || !allowed(options, call.node.store.expiryOf(ref), when)) return reply.integer(0);
  if (when <= nowMs && !call.node.store.replica) {
    removeKey(call, 1);
    keyChanged(call, 1, 'g', 'del');
  } else {
    call.node.store.setExpiry(ref, when, nowMs);
    keyChanged(call, 1, 'g', 'expire');
  }
  reply.integer(1);
}

function allowed(options: number, current: number, when: number): boolean {
  const has = current !== noExpiry;
  if ((options & option.nx) !== 0 && has) return false;
  if ((options & option.xx) !== 0 && !has) return false;
  if ((options & option.gt) !== 0 && (!has || when <= current)) return false;
  return (options & option.lt) === 0 || !has || when < current;
}

/** Bits of the options; -1 after answering an error. */
function optionsOf(call: Call): number {
  let options = 0;
  for (let i = 3; i < call.argc; i++) {
    if (optionIs(call, i, 'nx')) options |= option.nx;
    else if (optionIs(call, i, 'xx')) options |= option.xx;
    else if (optionIs(call, i, 'gt')) options |= option.gt;
    else if (optionIs(call, i, 'lt')) options |= option.lt;
    else return refuse(call, `ERR Unsupported option ${Buffer.from(call.bytes.subarray(call.start[i], call.start[i] + call.length[i])).toString()}`);
  }
  if ((options & option.nx) !== 0 && options !== option.nx) return refuse(call, 'ERR NX and XX, GT or LT options at the same time are not compatible');
  if ((options & option.gt) !== 0 && (options & option.lt) !== 0) return refuse(call, 'ERR GT and LT options at the same time are not compatible');
  return options;
}

function refuse(call: Call, line: string): number {
  call.reply.error(line);
  return -1;
}
