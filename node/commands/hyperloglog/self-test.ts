import type { Random } from '../../../shared/ports/ports.ts';
import { cardinalityOf, histogramOf } from './cardinality.ts';
import { hashElement, hashed } from './element-hash.ts';
import { denseBytes, denseRegister, registerCount, registerMax, setDenseRegister } from './layout.ts';
import { Sketch } from './sketch.ts';

/** Short enough to stop nobody for long. */
const elements = 20_000;
const checkEvery = 5_000;
const sparseMaxBytes = 3000;
/** So many standard errors off is no accident. */
const maxErrors = 6;

/** Undefined: all is well; else what is wrong. */
export function selfTest(random: Random): string | undefined {
  return registersFault(random) ?? estimateFault(random);
}

function registersFault(random: Random): string | undefined {
  const bytes = new Uint8Array(denseBytes);
  const expected = Array.from({ length: registerCount }, () => Math.floor(random.unit() * (registerMax + 1)));
  expected.forEach((value, i) => setDenseRegister(bytes, 0, i, value));
  const wrong = expected.findIndex((value, i) => denseRegister(bytes, 0, i) !== value);
  return wrong < 0 ? undefined : `Register ${wrong} should be ${expected[wrong]} but is ${denseRegister(bytes, 0, wrong)}`;
}

function estimateFault(random: Random): string | undefined {
  const salt = Math.floor(random.unit() * 2 ** 32);
  const sparse = new Sketch();
  const dense = new Sketch();
  sparse.clear();
  dense.clear();
  dense.becomeDense();
  const element = new DataView(new ArrayBuffer(8));
  const bytes = new Uint8Array(element.buffer);
  element.setUint32(4, salt, true);
  for (let n = 1; n <= elements; n++) {
    element.setUint32(0, n, true);
    hashElement(bytes, 0, bytes.length);
    dense.raise(hashed.register, hashed.run, sparseMaxBytes);
    sparse.raise(hashed.register, hashed.run, sparseMaxBytes);
    if (n % checkEvery !== 0 && n !== 100) continue;
    const estimate = estimateOf(dense);
    if (estimate !== estimateOf(sparse)) return 'dense/sparse disagree';
    if (Math.abs(estimate - n) > Math.ceil((1.04 / Math.sqrt(registerCount)) * maxErrors * n)) return `Too big error. card:${n} abserr:${Math.abs(estimate - n)}`;
  }
  return undefined;
}

function estimateOf(sketch: Sketch): number {
  const histogram = histogramOf(sketch.bytes, 0, sketch.length);
  return histogram === undefined ? -1 : cardinalityOf(histogram);
}
