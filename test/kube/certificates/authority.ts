import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { bitString, booleanTrue, explicit, implicit, integer, octetString, oid, pem, sequence, setOf, time, utf8 } from './der.ts';

/** A certificate and its private key, both PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Subject {
  readonly commonName: string;
  /** Kubernetes reads these as groups. */
  readonly organizations?: readonly string[];
  /** DNS names and IPv4 addresses that a server answers to. */
  readonly hosts?: readonly string[];
}

export interface Authority {
  readonly cert: string;
  issue(subject: Subject): Issued;
}

const ids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2', commonName: '2.5.4.3', organization: '2.5.4.10', subjectKeyId: '2.5.29.14', keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17', basicConstraints: '2.5.29.19', authorityKeyId: '2.5.29.35', extendedKeyUsage: '2.5.29.37', serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;
const dayMs = 86_400_000;
const certSign = bitString(Buffer.from([0x06]), 1);
const digitalSignature = bitString(Buffer.from([0x80]), 7);

/** A throw-away certificate authority (ECDSA P-256, valid for ten days): node:crypto signs, but writes no X.509. */
export function createAuthority(commonName: string): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = name({ commonName });
  const authorityId = keyId(keys.publicKey);
  const build = (subject: Buffer, publicKey: KeyObject, extensions: readonly Buffer[]): string => {
    const now = Date.now();
    const validity = sequence(time(new Date(now - dayMs)), time(new Date(now + 10 * dayMs)));
    const algorithm = sequence(oid(ids.ecdsaWithSha256));
    const all = [...extensions, extension(ids.subjectKeyId, octetString(keyId(publicKey))), extension(ids.authorityKeyId, sequence(implicit(0, authorityId)))];
    const body = sequence(explicit(0, integer(Buffer.from([2]))), integer(serial()), algorithm, issuer, validity, subject, spki(publicKey), explicit(3, sequence(...all)));
    return pem('CERTIFICATE', sequence(body, algorithm, bitString(sign('sha256', body, keys.privateKey))));
  };
  return {
    cert: build(issuer, keys.publicKey, [extension(ids.basicConstraints, sequence(booleanTrue), true), extension(ids.keyUsage, certSign, true)]),
    issue(subject) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return { cert: build(name(subject), own.publicKey, leafExtensions(subject.hosts ?? [])), key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
    },
  };
}

function leafExtensions(hosts: readonly string[]): Buffer[] {
  const usage = extension(ids.extendedKeyUsage, sequence(oid(ids.serverAuth), oid(ids.clientAuth)));
  const base = [extension(ids.keyUsage, digitalSignature, true), usage];
  return hosts.length === 0 ? base : [...base, extension(ids.subjectAltName, sequence(...hosts.map(generalName)))];
}

const generalName = (host: string): Buffer => (isIPv4(host) ? implicit(7, Buffer.from(host.split('.').map(Number))) : implicit(2, Buffer.from(host)));
const extension = (id: string, value: Buffer, critical = false): Buffer => sequence(oid(id), ...(critical ? [booleanTrue] : []), octetString(value));
const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const keyId = (key: KeyObject): Buffer => createHash('sha256').update(spki(key)).digest().subarray(0, 20);
/** Positive and without a leading zero byte, as DER wants it. */
const serial = (): Buffer => Buffer.concat([Buffer.from([0x4d]), randomBytes(15)]);

function name(subject: Subject): Buffer {
  const attribute = (id: string, value: string): Buffer => setOf(sequence(oid(id), utf8(value)));
  return sequence(...(subject.organizations ?? []).map((group) => attribute(ids.organization, group)), attribute(ids.commonName, subject.commonName));
}
