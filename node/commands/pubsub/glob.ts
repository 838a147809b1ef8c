const backslash = 0x5c;
const star = 0x2a;
const question = 0x3f;
const open = 0x5b;
const close = 0x5d;
const caret = 0x5e;
const dash = 0x2d;

/**
 * Redis' glob: `*`, `?`, `[abc]`, `[^a]`, `[a-z]`, `\x`. Both texts hold one byte per character. Goes back to the last star only, so a pattern
 * with many stars cannot take exponential time.
 */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let starAt = -1;
  let starText = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern.charCodeAt(p) === star) {
      starAt = p++;
      starText = t;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, text.charCodeAt(t)) : -1;
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
  while (p < pattern.length && pattern.charCodeAt(p) === star) p++;
  return p === pattern.length;
}

/** Position behind the pattern's element at `p` if it matches the byte, else -1. */
function matchOne(pattern: string, p: number, byte: number): number {
  const kind = pattern.charCodeAt(p);
  if (kind === question) return p + 1;
  if (kind === open) return matchClass(pattern, p + 1, byte);
  if (kind === backslash && p + 1 < pattern.length) return pattern.charCodeAt(p + 1) === byte ? p + 2 : -1;
  return kind === byte ? p + 1 : -1;
}

function matchClass(pattern: string, from: number, byte: number): number {
  let p = from;
  const negated = pattern.charCodeAt(p) === caret;
  if (negated) p++;
  let found = false;
  while (p < pattern.length && pattern.charCodeAt(p) !== close) {
    if (pattern.charCodeAt(p) === backslash && p + 1 < pattern.length) {
      p++;
      if (pattern.charCodeAt(p) === byte) found = true;
    } else if (p + 2 < pattern.length && pattern.charCodeAt(p + 1) === dash) {
      const a = pattern.charCodeAt(p);
      const b = pattern.charCodeAt(p + 2);
      if (byte >= Math.min(a, b) && byte <= Math.max(a, b)) found = true;
      p += 2;
    } else if (pattern.charCodeAt(p) === byte) {
      found = true;
    }
    p++;
  }
  // A class that is not closed ends with the pattern.
  const behind = Math.min(p + 1, pattern.length);
  return found === negated ? -1 : behind;
}
