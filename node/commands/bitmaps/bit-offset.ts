import { maxValueBytes } from '../../engine/entry-layout.ts';
import { latin1At } from '../arguments.ts';
import { integerAt } from '../integer-text.ts';
import type { Call } from '../spec.ts';

const badOffsetLine = 'ERR bit offset is not an integer or out of range';
const bitsPerByte = 8;
const decimal = /^(?:0|-?[1-9]\d{0,18})$/;

/** The bit that argument `i` names, at most the last of the largest string; -1 after answering what is wrong with it. */
export function bitOffsetAt(call: Call, i: number): number {
  return checked(call, integerAt(call, i));
}

/** As `bitOffsetAt`; `#n` means the n-th field of this width. */
export function fieldOffsetAt(call: Call, i: number, width: number): number {
  const text = latin1At(call, i);
  if (!text.startsWith('#')) return bitOffsetAt(call, i);
  return checked(call, decimal.test(text.slice(1)) ? Number(text.slice(1)) * width : Number.NaN);
}

function checked(call: Call, offset: number): number {
  if (offset >= 0 && offset < maxValueBytes * bitsPerByte) return offset;
  call.reply.error(badOffsetLine);
  return -1;
}
