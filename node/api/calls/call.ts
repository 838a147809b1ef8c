import { MeridianError } from '../../../shared/errors/meridian-error.ts';
import type { NamespaceVerb } from '../../../shared/namespaces/document.ts';
import { maxKeyBytes } from '../../engine/entry-layout.ts';
import type { Answer } from '../answer.ts';
import type { ApiNode, NamespaceFacts } from '../api-node.ts';
import type { CallName, Target } from '../target.ts';

/** A request whose shape has been checked. */
export interface ApiCall<Query = Readonly<Record<string, unknown>>, Body = unknown> {
  readonly target: Target;
  readonly namespace: NamespaceFacts;
  readonly user: string;
  readonly traceId: string;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly log: CallLog;
}

/** What the access log and the quotas are told of a request; its call adds to it. */
export interface CallLog {
  key?: string;
  hit?: boolean;
  /** Bytes of replies that commands have counted as egress. */
  sent: number;
}

/** Does one call; throws MeridianError. */
export type CallHandler<Query, Body> = (node: ApiNode, call: ApiCall<Query, Body>) => Answer | Promise<Answer>;

const verbOf = {
  get: 'read', mget: 'read', stats: 'read', analytics: 'read', topology: 'read', openapi: 'read',
  put: 'write', mset: 'write', transact: 'write', prefetch: 'write', migrate: 'write', delete: 'delete', flush: 'flush', invalidate: 'flush',
} as const satisfies Record<CallName, NamespaceVerb>;

/** The same for whatever namespace somebody has no part in, whether it exists or not. */
export const forbidden = ({ call, namespace }: Target): MeridianError => new MeridianError('NO_PERMISSION', { verb: verbOf[call], namespace });

/** A refusal of a command, in the words of the call. */
export const inWordsOf = (target: Target, error: MeridianError): MeridianError => (error.code === 'NO_PERMISSION' ? forbidden(target) : error);

/** The key as the store knows it. A key of the default namespace must not reach into another one by its prefix. Throws KEY_TOO_LARGE, INVALID_KEY, NO_PERMISSION. */
export function storeKey({ namespaces, access }: ApiNode, { namespace: { prefix }, target, user }: ApiCall<unknown>, key: Buffer): Buffer {
  if (prefix !== '') {
    if (prefix.length + key.length > maxKeyBytes) throw new MeridianError('KEY_TOO_LARGE', { limitBytes: maxKeyBytes - prefix.length });
    return Buffer.concat([Buffer.from(prefix), key]);
  }
  const owner = namespaces.ownerOf(key);
  if (owner === undefined) return key;
  throw access.mayUse(user, owner, 'read') ? new MeridianError('INVALID_KEY', { detail: `it belongs to the namespace ${owner}` }) : forbidden(target);
}
