/** Number of hash slots of a cluster (Redis Cluster specification, "Key distribution model"). */
export const slotCount = 16384;

const table = new Uint16Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  table[byte] = crc;
}

const openBrace = 0x7b;
const closeBrace = 0x7d;

/** CRC16/XMODEM of `length` bytes of `bytes` from `offset`. */
export function crc16(bytes: Uint8Array, offset: number, length: number): number {
  let crc = 0;
  for (let i = offset, end = offset + length; i < end; i++) crc = ((crc << 8) & 0xffff) ^ table[(crc >>> 8) ^ bytes[i]];
  return crc;
}

/** Hash slot of a key: what stands between the first `{` and the next `}` when that is not empty, else the whole key. */
export function slotOfKey(bytes: Uint8Array, offset = 0, length = bytes.length): number {
  const end = offset + length;
  for (let i = offset; i < end; i++) {
    if (bytes[i] !== openBrace) continue;
    for (let j = i + 1; j < end; j++) {
      if (bytes[j] !== closeBrace) continue;
      return (j === i + 1 ? crc16(bytes, offset, length) : crc16(bytes, i + 1, j - i - 1)) & (slotCount - 1);
    }
    break;
  }
  return crc16(bytes, offset, length) & (slotCount - 1);
}
