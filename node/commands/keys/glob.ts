const backslash = 0x5c;
const star = 0x2a;
const question = 0x3f;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const caret = 0x5e;
const dash = 0x2d;

/** Redis' glob over bytes, for keys: makes no strings. Goes back to the last star only, so no pattern takes exponential time. */
export function keyMatches(pattern: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  const end = start + length;
  let p = 0;
  let t = start;
  let starAt = -1;
  let starText = 0;
  while (t < end) {
    if (p < pattern.length && pattern[p] === star) {
      starAt = p++;
      starText = t;
      continue;
    }
    const next = p < pattern.length ? elementEnd(pattern, p, bytes[t]) : -1;
    if (next >= 0) {
      p = next;
      t++;
    } else if (starAt >= 0) {
      p = starAt + 1;
      t = ++starText;
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern[p] === star) p++;
  return p === pattern.length;
}

/** Where the pattern goes on when its element at `p` matches the byte, else -1. */
function elementEnd(pattern: Uint8Array, p: number, byte: number): number {
  const kind = pattern[p];
  if (kind === question) return p + 1;
  if (kind === openBracket) return classEnd(pattern, p + 1, byte);
  if (kind === backslash && p + 1 < pattern.length) return pattern[p + 1] === byte ? p + 2 : -1;
  return kind === byte ? p + 1 : -1;
}

function classEnd(pattern: Uint8Array, from: number, byte: number): number {
  let p = from;
  const negated = pattern[p] === caret;
  if (negated) p++;
  let found = false;
  while (p < pattern.length && pattern[p] !== closeBracket) {
    if (pattern[p] === backslash && p + 1 < pattern.length) {
      if (pattern[++p] === byte) found = true;
    } else if (p + 2 < pattern.length && pattern[p + 1] === dash) {
      if (byte >= Math.min(pattern[p], pattern[p + 2]) && byte <= Math.max(pattern[p], pattern[p + 2])) found = true;
      p += 2;
    } else if (pattern[p] === byte) {
      found = true;
    }
    p++;
  }
  // A class that is not closed ends with the pattern.
  return found === negated ? -1 : Math.min(p + 1, pattern.length);
}
