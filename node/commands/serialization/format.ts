/** The value format of Redis 7.0's RDB files (version 10), of which DUMP payloads are one value with a footer. */
export const rdbVersion = 10;
/** Version (2 bytes) and CRC-64 (8 bytes), least significant byte first. */
export const footerBytes = 10;

/** Kinds of values; those of streams and modules, and the packed forms from before Redis 2.6, are left out. */
export const rdbType = {
  string: 0, list: 1, set: 2, zset: 3, hash: 4, zsetBinary: 5, listZiplist: 10, setIntset: 11, zsetZiplist: 12, hashZiplist: 13, listQuicklist: 14, hashListpack: 16,
  zsetListpack: 17, listQuicklist2: 18,
} as const;

/** Lengths: two bits in front say how many bytes follow; `11` means that a string comes in another form. */
export const rdbLength = { maxShort: 63, maxMiddle: 16_383, middleMark: 0x40, mark32: 0x80, mark64: 0x81, specialMark: 0xc0 } as const;

export const rdbString = { mark: 0xc0, int8: 0, int16: 1, int32: 2, lzf: 3 } as const;

/** Nodes of a quicklist: one element as it is, or a listpack. */
export const quicklistNode = { plain: 1, packed: 2 } as const;
