import { BadPayload } from './payload-reader.ts';
import { typeOfPayload, walkValue, type ValueType } from './walk-value.ts';

/** What a payload holds, found out by walking all of it before anything is changed. */
export interface PayloadFacts {
  readonly type: ValueType;
  /** Elements, members or fields; 1 for a string. */
  readonly count: number;
  /** Of all of them, values included. */
  readonly bytes: number;
  /** Of the longest element, member or field. */
  readonly longestBytes: number;
}

/** Seeded, so that nobody can make members that collide. */
export type Hash = (bytes: Uint8Array, start: number, length: number) => number;

const firstHashes = 64;

/** Undefined where the payload is no value, or an empty one, or one with the same member twice. Takes 4 bytes a member, whatever the payload says. */
export function checkPayload(bytes: Uint8Array, start: number, end: number, hash: Hash): PayloadFacts | undefined {
  const type = typeOfPayload(bytes, start, end);
  if (type === undefined) return undefined;
  const distinct = type === 'set' || type === 'zset' || type === 'hash';
  let count = 0;
  let total = 0;
  let longestBytes = 0;
  let hashes = new Int32Array(distinct ? firstHashes : 0);
  const add = (member: Uint8Array, at: number, length: number): void => {
    if (distinct) {
      if (count === hashes.length) hashes = grown(hashes);
      hashes[count] = hash(member, at, length);
    }
    count += 1;
    total += length;
    longestBytes = Math.max(longestBytes, length);
  };
  const isValue = walked(bytes, start, end, add, (length) => (total += length));
  if (!isValue || (count === 0 && type !== 'string') || (distinct && hasTwice(bytes, start, end, hash, repeatedIn(hashes.subarray(0, count))))) return undefined;
  return { type, count, bytes: total, longestBytes };
}

function walked(bytes: Uint8Array, start: number, end: number, add: (member: Uint8Array, at: number, length: number) => void, addValue: (length: number) => void): boolean {
  try {
    walkValue(bytes, start, end, {
      element: (member, at, length) => add(member, at, length),
      field: (field, at, length, _value, _valueStart, valueLength) => {
        add(field, at, length);
        addValue(valueLength);
      },
    });
    return true;
  } catch (error) {
    if (error instanceof BadPayload) return false;
    throw error;
  }
}

function grown(hashes: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(hashes.length * 2);
  larger.set(hashes);
  return larger;
}

/** Hashes that are there more than once: nearly always none. */
function repeatedIn(hashes: Int32Array): ReadonlySet<number> {
  hashes.sort();
  const repeated = new Set<number>();
  for (let i = 1; i < hashes.length; i++) if (hashes[i] === hashes[i - 1]) repeated.add(hashes[i]);
  return repeated;
}

/** Whether members with these hashes are the same; stops at the first two that are. */
function hasTwice(bytes: Uint8Array, start: number, end: number, hash: Hash, suspects: ReadonlySet<number>): boolean {
  if (suspects.size === 0) return false;
  const seen = new Set<string>();
  const look = (member: Uint8Array, at: number, length: number): void => {
    if (!suspects.has(hash(member, at, length) | 0)) return;
    const text = Buffer.from(member.buffer, member.byteOffset + at, length).toString('latin1');
    if (seen.has(text)) throw new BadPayload('the same member twice');
    seen.add(text);
  };
  return !walked(bytes, start, end, look, () => {});
}
