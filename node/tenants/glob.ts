/**
 * Redis' glob over bytes, compiled: `*`, `?`, `[a-z]`, `[^a]`, `\x`. The pieces between stars are matched from left to right, each as early as it can be, by bit-parallel search:
 * the time is that of one pass over the text, times the piece's length in words of 32 bits. No pattern makes it go back.
 */
export type GlobMatcher = (bytes: Uint8Array, start: number, length: number) => boolean;

/** Bytes of a pattern; longer ones are refused. */
const longestPatternBytes = 1024;

/** Of each position of a piece: which bytes it takes. */
type Element = Uint8Array;

const star = 0x2a;

/** Throws RangeError for a pattern that is longer than `longestPatternBytes`. */
export function compileGlob(pattern: Uint8Array): GlobMatcher {
  if (pattern.length > longestPatternBytes) throw new RangeError('the pattern is too long');
  const pieces = piecesOf(pattern);
  const first = pieces[0];
  if (pieces.length === 1) return (bytes, start, length) => length === first.length && matchesAt(first, bytes, start);
  const last = pieces[pieces.length - 1];
  const middle = pieces.slice(1, -1).filter((piece) => piece.length > 0).map(compilePiece);
  return (bytes, start, length) => {
    if (length < first.length + last.length || !matchesAt(first, bytes, start) || !matchesAt(last, bytes, start + length - last.length)) return false;
    let at = start + first.length;
    const end = start + length - last.length;
    for (const piece of middle) {
      at = endOfMatch(piece, bytes, at, end);
      if (at < 0) return false;
    }
    return true;
  };
}

function matchesAt(piece: readonly Element[], bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < piece.length; i++) if (piece[i][bytes[start + i]] === 0) return false;
  return true;
}

interface Searched {
  readonly length: number;
  readonly words: number;
  /** masks[byte × words + w]: positions of the piece that take the byte. */
  readonly masks: Int32Array;
  readonly state: Int32Array;
}

function compilePiece(piece: readonly Element[]): Searched {
  const words = Math.ceil(piece.length / 32);
  const masks = new Int32Array(256 * words);
  piece.forEach((element, i) => {
    for (let byte = 0; byte < 256; byte++) if (element[byte] !== 0) masks[byte * words + (i >>> 5)] |= 1 << (i & 31);
  });
  return { length: piece.length, words, masks, state: new Int32Array(words) };
}

/** Where the first match of the piece in [from, end) ends, -1 without one. Bit i of the state: the last i + 1 bytes match the piece's first i + 1 positions. */
function endOfMatch({ length, words, masks, state }: Searched, bytes: Uint8Array, from: number, end: number): number {
  const lastWord = words - 1;
  const lastBit = 1 << ((length - 1) & 31);
  state.fill(0);
  for (let at = from; at < end; at++) {
    const row = bytes[at] * words;
    let carry = 1;
    for (let w = 0; w < words; w++) {
      const word = state[w];
      state[w] = ((word << 1) | carry) & masks[row + w];
      carry = word >>> 31;
    }
    if ((state[lastWord] & lastBit) !== 0) return at + 1;
  }
  return -1;
}

function piecesOf(pattern: Uint8Array): Element[][] {
  const pieces: Element[][] = [[]];
  for (let p = 0; p < pattern.length; ) {
    if (pattern[p] === star) {
      pieces.push([]);
      p++;
      continue;
    }
    const element = new Uint8Array(256);
    p = readElement(pattern, p, element);
    pieces[pieces.length - 1].push(element);
  }
  return pieces;
}

/** Marks the bytes that the element at `p` takes; returns where the next one begins. */
function readElement(pattern: Uint8Array, p: number, element: Element): number {
  switch (String.fromCharCode(pattern[p])) {
    case '?':
      element.fill(1);
      return p + 1;
    case '[':
      return readClass(pattern, p + 1, element);
    case '\\':
      if (p + 1 < pattern.length) {
        element[pattern[p + 1]] = 1;
        return p + 2;
      }
  }
  element[pattern[p]] = 1;
  return p + 1;
}

function readClass(pattern: Uint8Array, from: number, element: Element): number {
  let p = from;
  const negated = pattern[p] === 0x5e;
  if (negated) p++;
  for (; p < pattern.length && pattern[p] !== 0x5d; p++) {
    if (pattern[p] === 0x5c && p + 1 < pattern.length) element[pattern[++p]] = 1;
    else if (p + 2 < pattern.length && pattern[p + 1] === 0x2d) {
      element.fill(1, Math.min(pattern[p], pattern[p + 2]), Math.max(pattern[p], pattern[p + 2]) + 1);
      p += 2;
    } else element[pattern[p]] = 1;
  }
  if (negated) for (let byte = 0; byte < 256; byte++) element[byte] = 1 - element[byte];
  // A class that is not closed ends with the pattern.
  return Math.min(p + 1, pattern.length);
}
