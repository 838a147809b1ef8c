import { denseRegister, encoding, encodingAt, registerCount } from './layout.ts';
import { forEachRun } from './sketch.ts';

/** 1 / (2 ln 2) */
const alphaInfinity = 0.7213475204444817;
/** Bits of the hash behind those that name the register. */
const runBits = 50;
const histogramSize = 64;

/** How many registers hold each value; undefined: the bytes make no sense. */
export function histogramOf(bytes: Uint8Array, start: number, end: number): Int32Array | undefined {
  const histogram = new Int32Array(histogramSize);
  if (bytes[start + encodingAt] === encoding.dense) {
    for (let i = 0; i < registerCount; i++) histogram[denseRegister(bytes, start, i)] += 1;
    return histogram;
  }
  let counted = 0;
  const valid = forEachRun(bytes, start, end, (_register, repeat, value) => {
    histogram[value] += repeat;
    counted += repeat;
  });
  histogram[0] = registerCount - counted;
  return valid ? histogram : undefined;
}

export function histogramOfRegisters(registers: Uint8Array): Int32Array {
  const histogram = new Int32Array(histogramSize);
  for (const value of registers) histogram[value] += 1;
  return histogram;
}

/** How many different elements were added, about: Ertl's improved estimator (arXiv:1702.01284). */
export function cardinalityOf(histogram: Int32Array): number {
  let z = registerCount * tau((registerCount - histogram[runBits + 1]) / registerCount);
  for (let value = runBits; value >= 1; value--) z = (z + histogram[value]) * 0.5;
  z += registerCount * sigma(histogram[0] / registerCount);
  return Math.round((alphaInfinity * registerCount * registerCount) / z);
}

function sigma(share: number): number {
  if (share === 1) return Infinity;
  let x = share;
  let y = 1;
  let z = share;
  for (let before = Number.NaN; before !== z; y += y) {
    x *= x;
    before = z;
    z += x * y;
  }
  return z;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let x = share;
  let y = 1;
  let z = 1 - share;
  for (let before = Number.NaN; before !== z; ) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
