import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Records of u32 time, u64 key, u32 size, little endian. */
const recordBytes = 16;

export interface Trace {
  readonly requests: number;
  /** Key of each request, 8 bytes each. */
  readonly keys: Uint8Array;
  readonly sizes: Uint32Array;
}

export function readTrace(folder: string, name: string): Trace {
  const bytes = gunzipSync(readFileSync(join(folder, `${name}.trc.gz`)));
  const requests = Math.floor(bytes.length / recordBytes);
  const keys = new Uint8Array(requests * 8);
  const sizes = new Uint32Array(requests);
  for (let i = 0; i < requests; i++) {
    keys.set(bytes.subarray(i * recordBytes + 4, i * recordBytes + 12), i * 8);
    sizes[i] = bytes.readUInt32LE(i * recordBytes + 12);
  }
  return { requests, keys, sizes };
}
