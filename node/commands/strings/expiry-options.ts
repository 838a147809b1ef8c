import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, optionIs } from '../key-access.ts';
import { noExpiry } from '../../engine/store.ts';
import type { Call } from '../spec.ts';

/** Largest time that 64 bits of milliseconds can say. */
const maxTimeMs = 2 ** 63;
const secondMs = 1000;

/** How a time option counts: `ex`, `px` from now, `exat`, `pxat` from the epoch; 0: no such option. */
export const timeUnit = { none: 0, ex: 1, px: 2, exat: 3, pxat: 4 } as const;
export type TimeUnit = (typeof timeUnit)[keyof typeof timeUnit];

export function timeUnitAt(call: Call, i: number): TimeUnit {
  if (optionIs(call, i, 'ex')) return timeUnit.ex;
  if (optionIs(call, i, 'px')) return timeUnit.px;
  if (optionIs(call, i, 'exat')) return timeUnit.exat;
  if (optionIs(call, i, 'pxat')) return timeUnit.pxat;
  return timeUnit.none;
}

/** The absolute time that argument `i` means, in milliseconds; `noExpiry` after answering an error. */
export function expiryAt(call: Call, i: number, unit: TimeUnit, command: string): number {
  const value = integerAt(call, i);
  if (Number.isNaN(value)) {
    call.reply.error(notAnIntegerLine);
    return noExpiry;
  }
  const inMs = unit === timeUnit.ex || unit === timeUnit.exat ? value * secondMs : value;
  const time = unit === timeUnit.ex || unit === timeUnit.px ? inMs + call.nowMs : inMs;
  if (value > 0 && time < maxTimeMs) return time;
  call.reply.error(`ERR invalid expire time in '${command}' command`);
  return noExpiry;
}
