/**
 * CRC-32C (Castagnoli), four bytes a step. It finds what a cable, a disk or a bug did to bytes; what an attacker does is
 * found by the frame's authentication code.
 */
const polynomialReflected = 0x82f63b78;
const tables = buildTables();

function buildTables(): Uint32Array {
  const all = new Uint32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomialReflected : crc >>> 1;
    all[byte] = crc;
  }
  for (let step = 1; step < 4; step++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = all[(step - 1) * 256 + byte];
      all[step * 256 + byte] = (before >>> 8) ^ all[before & 0xff];
    }
  }
  return all;
}

/** Checksum of `bytes[from, to)`; give the result of an earlier part as `seed` to go on from it. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length, seed = 0): number {
  let crc = ~seed;
  let at = from;
  for (const last = to - 3; at < last; at += 4) {
    crc ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    crc = tables[768 + (crc & 0xff)] ^ tables[512 + ((crc >>> 8) & 0xff)] ^ tables[256 + ((crc >>> 16) & 0xff)] ^ tables[crc >>> 24];
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]) & 0xff];
  return ~crc >>> 0;
}
