/** The handful of DER types (X.690) that a certificate is made of. */
const tags = { boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, utf8: 0x0c, utcTime: 0x17, generalizedTime: 0x18, sequence: 0x30, set: 0x31 } as const;

function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), encodeLength(body.length), body]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x100) return Buffer.from([0x81, length]);
  return Buffer.from([0x82, length >> 8, length & 0xff]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(tags.sequence, ...parts);
export const setOf = (...parts: readonly Uint8Array[]): Buffer => tagged(tags.set, ...parts);
export const octetString = (bytes: Uint8Array): Buffer => tagged(tags.octetString, bytes);
export const utf8 = (text: string): Buffer => tagged(tags.utf8, Buffer.from(text, 'utf8'));
export const booleanTrue = tagged(tags.boolean, Buffer.from([0xff]));
/** A bit string; `unusedBits` are the low bits of the last byte that do not count. */
export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer => tagged(tags.bitString, Buffer.from([unusedBits]), bytes);
/** A non-negative integer given as big-endian bytes: a leading zero keeps it from being read as negative. */
export const integer = (bytes: Uint8Array): Buffer => tagged(tags.integer, bytes[0] >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0), bytes);
/** `[n]` with a constructed body. */
export const explicit = (n: number, ...parts: readonly Uint8Array[]): Buffer => tagged(0xa0 + n, ...parts);
/** `[n]` with a primitive body, as in GeneralName. */
export const implicit = (n: number, body: Uint8Array): Buffer => tagged(0x80 + n, body);

export function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  return tagged(tags.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** RFC 5280: two-digit years up to 2049, four digits from 2050 on. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050 ? tagged(tags.utcTime, Buffer.from(digits.slice(2))) : tagged(tags.generalizedTime, Buffer.from(digits));
}

export function pem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
