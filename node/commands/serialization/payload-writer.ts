import { freeNow } from '../../io/free-now.ts';
import { parseInteger64 } from '../integer-text.ts';
import { rdbLength, rdbString } from './format.ts';

const initialBytes = 256;
const maxIntegerText = 11;

/** Bytes that grow as they are written, in the encodings of RDB. */
export class PayloadWriter {
  bytes: Buffer = Buffer.allocUnsafeSlow(initialBytes);
  length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.bytes[this.length++] = value;
  }

  raw(bytes: Uint8Array, start = 0, length: number = bytes.length): void {
    this.#reserve(length);
    this.bytes.set(bytes.subarray(start, start + length), this.length);
    this.length += length;
  }

  /** Least significant byte first. */
  littleEndian(value: number, bytes: number): void {
    let rest = value;
    for (let i = 0; i < bytes; i++) {
      this.byte(rest & 0xff);
      rest = Math.floor(rest / 256);
    }
  }

  double(value: number): void {
    this.#reserve(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  size(value: number): void {
    if (value <= rdbLength.maxShort) {
      this.byte(value);
    } else if (value <= rdbLength.maxMiddle) {
      this.byte(rdbLength.middleMark | (value >>> 8));
      this.byte(value & 0xff);
    } else {
      this.#reserve(5);
      this.byte(rdbLength.mark32);
      this.length = this.bytes.writeUInt32BE(value, this.length);
    }
  }

  /** A string, as a number where it is the text of one of at most 32 bits. */
  string(bytes: Uint8Array, start = 0, length: number = bytes.length): void {
    const integer = length <= maxIntegerText ? parseInteger64(bytes, start, length) : undefined;
    const value = integer === undefined ? Number.NaN : Number(integer);
    if (value >= -0x80 && value < 0x80) this.#integer(rdbString.int8, value, 1);
    else if (value >= -0x8000 && value < 0x8000) this.#integer(rdbString.int16, value, 2);
    else if (value >= -0x80000000 && value < 0x80000000) this.#integer(rdbString.int32, value, 4);
    else {
      this.size(length);
      this.raw(bytes, start, length);
    }
  }

  /** What was written. */
  result(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  #integer(encoding: number, value: number, bytes: number): void {
    this.byte(rdbString.mark | encoding);
    this.littleEndian(value < 0 ? value + 2 ** (bytes * 8) : value, bytes);
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + bytes));
    larger.set(this.bytes.subarray(0, this.length));
    freeNow(this.bytes);
    this.bytes = larger;
  }
}
