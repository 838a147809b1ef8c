import { busProtocol } from './frame.ts';
import type { PeerIdentity } from './identity.ts';

/** The messages of the handshake, as JSON in handshake frames. What is signed is their bytes, so readers may ignore unknown fields. */
export interface Hello {
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly identity: PeerIdentity;
  /** Pod that the caller means to reach; absent: any member of the cluster (seeds). */
  readonly target?: string;
  /** 64 hex digits, never used before. */
  readonly nonce: string;
  /** Names of the keys that the caller has (handshake.ts, `keyIdOf`). */
  readonly keyIds: readonly string[];
}

export interface Challenge {
  readonly version: number;
  readonly identity: PeerIdentity;
  readonly nonce: string;
  readonly keyId: string;
}

export interface Rejection {
  readonly code: string;
  readonly details: Readonly<Record<string, string | number>>;
}

const maxNameCharacters = 253;
const maxKeyIds = 4;

export const encodeJson = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

export function parseHello(bytes: Uint8Array): Hello {
  const value = parseObject(bytes);
  const keyIds = value.keyIds;
  if (!Array.isArray(keyIds) || keyIds.length > maxKeyIds) throw busProtocol('greeting without key ids');
  return {
    minVersion: version(value.minVersion),
    maxVersion: version(value.maxVersion),
    identity: identity(value.identity),
    target: value.target === undefined ? undefined : name(value.target),
    nonce: nonce(value.nonce),
    keyIds: keyIds.map(name),
  };
}

export function parseChallenge(bytes: Uint8Array): Challenge {
  const value = parseObject(bytes);
  return { version: version(value.version), identity: identity(value.identity), nonce: nonce(value.nonce), keyId: name(value.keyId) };
}

export function parseRejection(bytes: Uint8Array): Rejection {
  const value = parseObject(bytes);
  const details: Record<string, string | number> = {};
  for (const [key, detail] of Object.entries(object(value.details ?? {}))) {
    if (typeof detail === 'string' || typeof detail === 'number') details[key.slice(0, maxNameCharacters)] = detail;
  }
  return { code: name(value.code), details };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  try {
    return object(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    throw busProtocol('greeting is not a JSON object');
  }
}

function object(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw busProtocol('greeting field is not an object');
  return value as Record<string, unknown>;
}

function name(value: unknown): string {
  if (typeof value !== 'string' || value.length > maxNameCharacters) throw busProtocol('greeting field is not a short text');
  return value;
}

function nonce(value: unknown): string {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw busProtocol('greeting without a nonce');
  return value;
}

function version(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 255) throw busProtocol('greeting without a version');
  return value as number;
}

function identity(value: unknown): PeerIdentity {
  const fields = object(value);
  const role = fields.role;
  if (role !== 'node' && role !== 'operator' && role !== 'cli') throw busProtocol('greeting of an unknown role');
  return { role, clusterUid: name(fields.clusterUid), pod: name(fields.pod), podUid: name(fields.podUid), incarnation: name(fields.incarnation) };
}
