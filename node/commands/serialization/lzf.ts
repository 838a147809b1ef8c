const maxLiteral = 32;
const longMatch = 7;
/** Three bytes say at most 264: a payload that claims more than this per byte is none, and no memory is taken for it. */
const maxExpansion = 100;

/** LZF: literals with their number in front, and copies of what came before. Undefined where the bytes are not so, or do not give `length` bytes. */
export function decompressLzf(bytes: Uint8Array, start: number, end: number, length: number): Uint8Array | undefined {
  if (length > (end - start) * maxExpansion) return undefined;
  const out = new Uint8Array(length);
  let from = start;
  let to = 0;
  while (from < end) {
    const control = bytes[from++];
    if (control < maxLiteral) {
      const count = control + 1;
      if (from + count > end || to + count > length) return undefined;
      out.set(bytes.subarray(from, from + count), to);
      from += count;
      to += count;
      continue;
    }
    let count = control >>> 5;
    if (count === longMatch) {
      if (from >= end) return undefined;
      count += bytes[from++];
    }
    count += 2;
    if (from >= end) return undefined;
    const source = to - (((control & 0x1f) << 8) | bytes[from++]) - 1;
    if (source < 0 || to + count > length) return undefined;
    // Byte by byte: what is copied may be what was copied just now.
    for (let i = 0; i < count; i++) out[to + i] = out[source + i];
    to += count;
  }
  return to === length ? out : undefined;
}
