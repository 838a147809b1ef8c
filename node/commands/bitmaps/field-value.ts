/** Integers of 1 to 64 bits anywhere in a string, most significant bit first. */
export interface FieldType {
  readonly signed: boolean;
  /** Width: 1–64 signed, 1–63 unsigned. */
  readonly bits: number;
}

export type Overflow = 'wrap' | 'sat' | 'fail';

/** The field at `offset` of the string bytes[start, start + length); what lies beyond it is clear. */
export function readField(bytes: Uint8Array, start: number, length: number, offset: number, type: FieldType): bigint {
  const value = bitsAround(bytes, start, length, offset, type.bits) >> BigInt(spareBits(offset, type.bits));
  return type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
}

/** Writes a field that lies within the string. */
export function writeField(bytes: Uint8Array, start: number, length: number, offset: number, type: FieldType, value: bigint): void {
  const spare = BigInt(spareBits(offset, type.bits));
  const mask = ((1n << BigInt(type.bits)) - 1n) << spare;
  let around = (bitsAround(bytes, start, length, offset, type.bits) & ~mask) | (BigInt.asUintN(type.bits, value) << spare);
  const first = start + Math.floor(offset / 8);
  for (let i = bytesTouched(offset, type.bits) - 1; i >= 0; i--) {
    bytes[first + i] = Number(around & 0xffn);
    around >>= 8n;
  }
}

/** `value` as the field can hold it; undefined where it cannot and `overflow` is `fail`. */
export function fitField(value: bigint, type: FieldType, overflow: Overflow): bigint | undefined {
  const max = (1n << BigInt(type.signed ? type.bits - 1 : type.bits)) - 1n;
  const min = type.signed ? -max - 1n : 0n;
  if (value >= min && value <= max) return value;
  if (overflow === 'fail') return undefined;
  if (overflow === 'sat') return value < min ? min : max;
  return type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
}

function bytesTouched(offset: number, bits: number): number {
  return Math.ceil(((offset & 7) + bits) / 8);
}

/** Bits behind the field in its last byte. */
function spareBits(offset: number, bits: number): number {
  return bytesTouched(offset, bits) * 8 - (offset & 7) - bits;
}

/** All bytes that the field touches, as one number. */
function bitsAround(bytes: Uint8Array, start: number, length: number, offset: number, bits: number): bigint {
  const first = Math.floor(offset / 8);
  let value = 0n;
  for (let i = first; i < first + bytesTouched(offset, bits); i++) value = (value << 8n) | BigInt(i < length ? bytes[start + i] : 0);
  return value;
}
