import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { MeridianError } from '../errors/meridian-error.ts';
import { busProtocol } from './frame.ts';
import { encodeJson, parseChallenge, parseHello, type Challenge, type Hello } from './greeting.ts';
import type { BusKeys, PeerIdentity } from './identity.ts';
import { busVersions, type VersionRange } from './versions.ts';

/**
 * Mutual proof that both ends know the cluster's bus key, without sending it:
 *
 *   caller   ── hello: identity, target, nonce, versions, key ids ─────────────▶  listener
 *   caller   ◀─ challenge: identity, nonce, version, key id + HMAC("listener") ─  listener
 *   caller   ── HMAC("caller") ────────────────────────────────────────────────▶  listener
 *   caller   ◀─ ready, the first frame under the session's keys ────────────────  listener
 *
 * Both HMACs cover the bytes of both greetings: roles, cluster, identities, target, versions and nonces are bound, so a
 * proof is of no use in another conversation, direction or version. Session keys are derived from the same transcript.
 * Who knows the key of the cluster can read old conversations (no forward secrecy, and payloads are not encrypted).
 */
const proofBytes = 32;

export interface HandshakeOptions {
  readonly identity: PeerIdentity;
  readonly keys: BusKeys;
  /** Fresh for every connection; 32 bytes. */
  readonly nonce: Uint8Array;
  /** Caller only: the pod that must answer. */
  readonly target?: string;
  /** Listener only: who may speak on this port. */
  readonly acceptRoles?: readonly PeerIdentity['role'][];
  /** Absent: those of this build. */
  readonly versions?: VersionRange;
}

export interface SessionKeys {
  readonly fromCaller: Uint8Array;
  readonly fromListener: Uint8Array;
}

export interface Agreed {
  readonly key: Uint8Array;
  readonly transcript: Uint8Array;
  readonly peer: PeerIdentity;
  readonly version: number;
}

/** Name of a key that tells nothing about it. */
function keyIdOf(key: Uint8Array): string {
  return createHmac('sha256', key).update('meridian bus key id').digest('hex').slice(0, 16);
}

export function makeHello(options: HandshakeOptions): Uint8Array {
  const { min, max } = options.versions ?? busVersions;
  const hello: Hello = {
    minVersion: min,
    maxVersion: max,
    identity: options.identity,
    target: options.target,
    nonce: hex(options.nonce),
    keyIds: options.keys.map(keyIdOf),
  };
  return encodeJson(hello);
}

/** Listener: judges a hello; answers the challenge's payload (proof, then JSON) and what both have agreed on. */
export function answerHello(options: HandshakeOptions, helloBytes: Uint8Array): { readonly payload: Uint8Array; readonly agreed: Agreed } {
  const hello = parseHello(helloBytes);
  const { identity } = options;
  requireSameCluster(hello.identity, identity);
  if (hello.target !== undefined && hello.target !== identity.pod) throw wrongTarget(identity.pod, hello.target);
  if (options.acceptRoles !== undefined && !options.acceptRoles.includes(hello.identity.role)) throw new MeridianError('BUS_AUTH');
  const { min, max } = options.versions ?? busVersions;
  const version = Math.min(hello.maxVersion, max);
  if (version < Math.max(hello.minVersion, min)) throw busProtocol(`peer speaks versions ${hello.minVersion} to ${hello.maxVersion}, we ${min} to ${max}`);
  const key = options.keys.find((candidate) => hello.keyIds.includes(keyIdOf(candidate)));
  if (key === undefined) throw new MeridianError('BUS_AUTH');
  const challenge: Challenge = { version, identity, nonce: hex(options.nonce), keyId: keyIdOf(key) };
  const json = encodeJson(challenge);
  const transcript = transcriptOf(helloBytes, json);
  return { payload: concat(proofOf(key, 'listener', transcript), json), agreed: { key, transcript, peer: hello.identity, version } };
}

/** Caller: judges the challenge; what it answers is the caller's turn to prove. */
export function checkChallenge(options: HandshakeOptions, helloBytes: Uint8Array, payload: Uint8Array): Agreed {
  if (payload.length <= proofBytes) throw busProtocol('challenge is too short');
  const json = payload.slice(proofBytes);
  const challenge = parseChallenge(json);
  requireSameCluster(challenge.identity, options.identity);
  if (challenge.identity.role !== 'node') throw new MeridianError('BUS_AUTH');
  if (options.target !== undefined && challenge.identity.pod !== options.target) throw wrongTarget(challenge.identity.pod, options.target);
  const { min, max } = options.versions ?? busVersions;
  if (challenge.version < min || challenge.version > max) throw busProtocol(`peer chose version ${challenge.version}`);
  const key = options.keys.find((candidate) => keyIdOf(candidate) === challenge.keyId);
  if (key === undefined) throw new MeridianError('BUS_AUTH');
  const transcript = transcriptOf(helloBytes, json);
  if (!sameProof(payload.subarray(0, proofBytes), proofOf(key, 'listener', transcript))) throw new MeridianError('BUS_AUTH');
  return { key, transcript, peer: challenge.identity, version: challenge.version };
}

export const callerProof = (agreed: Agreed): Uint8Array => proofOf(agreed.key, 'caller', agreed.transcript);

export function requireCallerProof(agreed: Agreed, proof: Uint8Array): void {
  if (!sameProof(proof, callerProof(agreed))) throw new MeridianError('BUS_AUTH');
}

export function sessionKeys(agreed: Agreed): SessionKeys {
  return { fromCaller: proofOf(agreed.key, 'session from caller', agreed.transcript), fromListener: proofOf(agreed.key, 'session from listener', agreed.transcript) };
}

function requireSameCluster(theirs: PeerIdentity, ours: PeerIdentity): void {
  if (theirs.clusterUid !== ours.clusterUid) throw new MeridianError('BUS_IDENTITY', { theirs: theirs.clusterUid, ours: ours.clusterUid });
}

const wrongTarget = (theirs: string, expected: string): MeridianError => new MeridianError('BUS_TARGET', { theirs, expected });

function transcriptOf(hello: Uint8Array, challenge: Uint8Array): Uint8Array {
  const hash = createHash('sha256');
  // Each part's own hash first: no bytes can wander from one part to the other.
  hash.update(createHash('sha256').update(hello).digest());
  hash.update(createHash('sha256').update(challenge).digest());
  return hash.digest();
}

function proofOf(key: Uint8Array, purpose: string, transcript: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(`meridian bus ${purpose}\0`).update(transcript).digest();
}

const sameProof = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
