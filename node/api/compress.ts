import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const leastBytes = 1_024;
/** Above this the answer is compressed too, but with the least effort. */
const brotliQuality = 4;
const gzipLevel = 5;

const gzipped = promisify(gzip);
const brotlied = promisify(brotliCompress);

/** The encoding that the caller prefers and we have; undefined: none, or not worth it. */
export function encodingFor(accepted: string | string[] | undefined, bytes: number): 'br' | 'gzip' | undefined {
  if (typeof accepted !== 'string' || bytes < leastBytes) return undefined;
  const wanted = new Map(accepted.split(',').map((one) => {
    const [name, ...parameters] = one.trim().toLowerCase().split(';');
    const weight = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find((text) => text !== undefined);
    return [name.trim(), weight === undefined ? 1 : Number(weight)] as const;
  }));
  const any = wanted.get('*') ?? 0;
  const br = wanted.get('br') ?? any;
  const gz = wanted.get('gzip') ?? any;
  if (br > 0 && br >= gz) return 'br';
  return gz > 0 ? 'gzip' : undefined;
}

/** On the thread pool: it does not hold up other requests. */
export function compress(encoding: 'br' | 'gzip', body: string | Buffer): Promise<Buffer> {
  return encoding === 'gzip' ? gzipped(body, { level: gzipLevel }) : brotlied(body, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } });
}
