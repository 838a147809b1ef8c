import { createHash } from 'node:crypto';
import { authSecret, busSecret } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import type { ClusterIntent } from './intent.ts';
import { metadataOf, retainableMetadataOf } from './metadata.ts';

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Random bytes that a bus key is made from. */
export const busKeyBytes = 32;
/** Random bytes that a generated password is made from: 192 bits. */
export const passwordBytes = 24;

/** The key of the mutual handshake on bus and admin ports. Made once: another key would cut running nodes off from each other. */
export function busSecretOf(intent: ClusterIntent, random: Uint8Array): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: metadataOf(intent, busSecret(intent.name)), type: 'Opaque', data: { 'bus-key': base64(hex(random)) } };
}

/** Users in Redis' ACL file format; the file holds the password's hash, the other key the password for people and clients. */
export function authSecretOf(intent: ClusterIntent, random: Uint8Array): KubeObject {
  const password = hex(random);
  const users = `user default on #${createHash('sha256').update(password).digest('hex')} ~* &* +@all\n`;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: retainableMetadataOf(intent, authSecret(intent.name)),
    type: 'Opaque',
    data: { 'users.acl': base64(users), 'default-password': base64(password) },
  };
}
