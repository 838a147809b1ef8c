import type { NamespaceVerb } from '../../shared/namespaces/document.ts';
import type { Call } from './spec.ts';

export const verbBits: Readonly<Record<NamespaceVerb, number>> = { read: 1, write: 2, delete: 4, flush: 8, admin: 16 };

/** A namespace that a user is bound to, and what the user may do in it. */
export interface BoundNamespace {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** Of verbBits. */
  readonly verbs: number;
}

/** The namespaces in which the caller has the verb; undefined: the caller is not bound and sees every key. */
export function boundNamespaces({ node, client }: Call, verb: NamespaceVerb): readonly BoundNamespace[] | undefined {
  return node.server.access.boundTo(client.user)?.filter(({ verbs }) => (verbs & verbBits[verb]) !== 0);
}

const colon = 0x3a;

/** Whether a key or channel begins with the namespace's name and a colon. */
export function hasNamespacePrefix({ nameBytes }: BoundNamespace, bytes: Uint8Array, start: number, length: number): boolean {
  const size = nameBytes.length;
  if (length <= size || bytes[start + size] !== colon) return false;
  for (let i = 0; i < size; i++) if (nameBytes[i] !== bytes[start + i]) return false;
  return true;
}

/** Keys of these namespaces that this node holds. */
export const keysOf = ({ node }: Call, namespaces: readonly BoundNamespace[]): number => namespaces.reduce((sum, { name }) => sum + (node.namespaces?.keyCount(name) ?? 0), 0);

/** Whether a key is in any of the namespaces; undefined stands for a caller who sees all of them. */
export function isVisible(namespaces: readonly BoundNamespace[] | undefined, bytes: Uint8Array, start: number, length: number): boolean {
  return namespaces === undefined || namespaces.some((namespace) => hasNamespacePrefix(namespace, bytes, start, length));
}

/** The same for a name as text (latin1). */
export function isVisibleName(namespaces: readonly BoundNamespace[] | undefined, name: string): boolean {
  return namespaces === undefined || namespaces.some((namespace) => name.startsWith(`${namespace.name}:`));
}
