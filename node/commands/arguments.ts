import type { Call } from './spec.ts';

/** Arguments as text, for commands that are not on the hot path. */
export function textAt(call: Call, index: number): string {
  return Buffer.from(call.bytes.buffer, call.bytes.byteOffset + call.start[index], call.length[index]).toString('utf8');
}

/** One character per byte: keys, channels and patterns, which need not be text. */
export function latin1At(call: Call, index: number): string {
  return Buffer.from(call.bytes.buffer, call.bytes.byteOffset + call.start[index], call.length[index]).toString('latin1');
}

/** Options are compared in lower case. */
export function wordAt(call: Call, index: number): string {
  return latin1At(call, index).toLowerCase();
}

/** A copy of the argument. */
export function bytesAt(call: Call, index: number): Buffer {
  return Buffer.from(call.bytes.subarray(call.start[index], call.start[index] + call.length[index]));
}

/** A whole number as Redis reads it (no sign `+`, no leading zeros, no spaces) within ±2^53; undefined for anything else. */
export function wholeNumberAt(call: Call, index: number): number | undefined {
  if (call.length[index] > 20) return undefined;
  const text = latin1At(call, index);
  if (!/^(?:0|-?[1-9]\d*)$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
