import { denseRegister, encoding, encodingAt, registerCount } from './layout.ts';
import { forEachRun } from './sketch.ts';

/** One byte a register: the form in which HyperLogLogs are united. */
export const newRegisters = (): Uint8Array => new Uint8Array(registerCount);

/** Raises the registers to those of the value bytes[start … end); false when its bytes make no sense. */
export function raiseRegisters(registers: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start + encodingAt] !== encoding.dense) {
    return forEachRun(bytes, start, end, (register, repeat, value) => {
      for (let i = register; i < register + repeat; i++) if (value > registers[i]) registers[i] = value;
    });
  }
  for (let i = 0; i < registerCount; i++) {
    const run = denseRegister(bytes, start, i);
    if (run > registers[i]) registers[i] = run;
  }
  return true;
}
