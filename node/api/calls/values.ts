import { isUtf8 } from 'node:buffer';
import type { Reply } from '../resp.ts';

/** What MERIDIAN.READ answers. */
export interface StoredValue {
  /** The bytes are the JSON text that the HTTP API wrote. */
  readonly isJson: boolean;
  readonly bytes: Buffer;
  /** −1: it does not expire. */
  readonly ttlMs: number;
  readonly version: number;
  readonly epoch: number;
  readonly writtenAtMs: number;
  readonly tags: readonly string[];
  /** Its time is over, but nobody has filled it again yet. */
  readonly stale: boolean;
}

/** Undefined where the key is not there. */
export function storedValue(reply: Reply): StoredValue | undefined {
  if (!Array.isArray(reply)) return undefined;
  const [form, bytes, ttlMs, version, epoch, seconds, tags] = reply as unknown as readonly [number, Buffer, number, number, number, number, readonly Buffer[]];
  const stale = reply.length > 7;
  return { isJson: form === 1, bytes, ttlMs, version, epoch, writtenAtMs: seconds * 1000, tags: tags.length === 0 ? noTags : tags.map(String), stale };
}

const noTags: readonly string[] = [];

/** The value as JSON text: what HTTP wrote as it stands; bytes of the Redis protocol as a string, or as `{"$base64"}` where they are not UTF-8. */
export function jsonText({ isJson, bytes }: Pick<StoredValue, 'isJson' | 'bytes'>): string {
  if (isJson) return bytes.toString();
  return isUtf8(bytes) ? JSON.stringify(bytes.toString()) : `{"$base64":"${bytes.toString('base64')}"}`;
}
