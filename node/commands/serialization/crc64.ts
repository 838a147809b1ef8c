/**
 * CRC-64 as RDB files have it: polynomial 0xad93d23594c935a9 (Jones), both ends reflected, no inversion. 64 bits are two halves of 32, for BigInt would be
 * a hundred times slower.
 */
export interface Crc64 {
  readonly low: number;
  readonly high: number;
}

const tableLow = new Int32Array(256);
const tableHigh = new Int32Array(256);
fillTables(0xad93d23594c935a9n);

function fillTables(polynomial: bigint): void {
  let reflected = 0n;
  for (let bit = 0n; bit < 64n; bit++) if (((polynomial >> bit) & 1n) === 1n) reflected |= 1n << (63n - bit);
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ reflected : crc >> 1n;
    tableLow[byte] = Number(BigInt.asIntN(32, crc));
    tableHigh[byte] = Number(BigInt.asIntN(32, crc >> 32n));
  }
}

/** The checksum of bytes[start, end). */
export function crc64(bytes: Uint8Array, start: number, end: number): Crc64 {
  let low = 0;
  let high = 0;
  for (let i = start; i < end; i++) {
    const entry = (low ^ bytes[i]) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ tableLow[entry];
    high = (high >>> 8) ^ tableHigh[entry];
  }
  return { low, high };
}
