/**
 * The record of an entry: eight 32-bit words, then the key, then the value, rounded up to 8 bytes. A reference counts 8-byte units over all
 * extents; 0 is none. docs/adr/0003-store-layout.md has the reasons.
 *
 *   word 0  key length 17 | type 3 | encoding 3 | flags 9
 *   word 1  value length 30 | sequence bits 38–39
 *   word 2  slot 14 | namespace 12 | sequence bits 32–37
 *   word 3  eviction: queue 2 | visits 2 | place in the queue 28, or what the policy makes of it
 *   word 4  expiry, low 32 bits of milliseconds
 *   word 5  expiry, high 16 bits | epoch id 16 (index into the store's table of epochs)
 *   word 6  sequence of the slot, low 32 bits (the dot, V1)
 *   word 7  seconds of the write's HLC
 */
export const headerBytes = 32;
const unitBytes = 8;
export const wordsPerUnit = 2;
export const extentShift = 22;
export const unitMask = (1 << extentShift) - 1;
export const unitsPerExtent = 1 << extentShift;

export const keyLengthMask = 0x1ffff;
export const typeShift = 17;
export const encodingShift = 20;
export const valueLengthMask = 0x3fffffff;
export const slotMask = 0x3fff;
export const namespaceShift = 14;
export const namespaceMask = 0xfff;

export const maxKeyBytes = 65_536;
export const maxValueBytes = 512 * 1024 * 1024;
/** The 48 bits of an entry's expiry; later times are stored as this one. */
export const maxExpiryMs = 2 ** 48 - 1;

/** Expiry arguments that are not a time: none, and the one that the key has. */
export const noExpiry = 0;
export const keepExpiry = -1;

/** Types of values; `filler` is dead space in the log: word 0 says so, word 1 is its length in units. */
export const entryType = { string: 0, list: 1, set: 2, zset: 3, hash: 4, stream: 5, filler: 7 } as const;
export type EntryType = (typeof entryType)[keyof typeof entryType];

/** The expiry words hold the time of the key's death. */
export const flagExpires = 1 << 23;
/** The wheel holds a cell for the entry that falls due no later than the time in the expiry words (even where `flagExpires` is off). */
export const flagInWheel = 1 << 24;
/** Which of the cells that the entry had in the wheel counts: 2 bits. */
export const generationShift = 25;
export const generationMask = 3;
/** Four bytes of CRC-32C of key and value stand behind the value. */
export const flagChecked = 1 << 27;
/** Its writer chose how long it lives: the namespace's default, and renewal by use, are not for it. */
export const flagOwnLife = 1 << 28;
/** The store's table of attachments has something about the key: tags, dependencies. */
export const flagAttached = 1 << 29;
/** What an overwritten entry keeps of word 0. */
export const keptFlags: number = flagInWheel | (generationMask << generationShift) | flagChecked | flagOwnLife | flagAttached;
/** How a string's bytes came to be; an entry made by SET can be reported as `int` or `embstr`, one changed in place is `raw`, `json` is JSON text that the HTTP API wrote. */
export const stringEncoding = { plain: 0, raw: 1, json: 2 } as const;

/** Encoding bit of collections whose parts lie in the slab; the value is then the number of their root (4 bytes). */
export const largeEncoding = 4;
/** Encodings of packed sets: all members are 64-bit integers, or not. */
export const setForm = { packed: 0, integers: 1 } as const;

export const fillerWord: number = entryType.filler << typeShift;

/** Bytes of the checksum behind the value of a checked entry. */
export const checksumBytes = 4;

/** Units of the record whose header is at `words[at]`. */
export function recordUnits(words: Int32Array, at: number): number {
  const lengths = words[at];
  return (headerBytes + (lengths & keyLengthMask) + (words[at + 1] & valueLengthMask) + ((lengths & flagChecked) !== 0 ? checksumBytes : 0) + unitBytes - 1) >>> 3;
}

export function unitsOf(bytes: number): number {
  return (bytes + unitBytes - 1) >>> 3;
}
