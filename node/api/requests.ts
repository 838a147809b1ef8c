import { isUtf8 } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { bytesType } from './answer.ts';
import type { ApiAccess, ApiNode, NamespaceFacts } from './api-node.ts';
import { forbidden } from './calls/call.ts';
import { webhookUser } from './calls/namespace.ts';
import type { Known } from './respond.ts';
import type { CallName, Target } from './target.ts';

/** Who asks. A webhook comes with the token of its namespace instead of a user's. Throws NO_AUTH, INVALID_TOKEN, EXPIRED_TOKEN. */
function userOf({ access, namespaces }: ApiNode, { call, namespace }: Target, authorization: string | undefined): string {
  const wanted = call === 'invalidate' ? namespaces.find(namespace)?.webhookTokenSha256 : undefined;
  const token = wanted === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (wanted !== undefined && token !== undefined && timingSafeEqual(createHash('sha256').update(token).digest(), Buffer.from(wanted, 'hex'))) return webhookUser;
  return access.userOf(authorization);
}

/** Somebody bound to other namespaces is told the same whether this one exists or not. Throws INVALID_NAMESPACE, NO_PERMISSION. */
function namespaceOf({ namespaces, access }: ApiNode, target: Target, user: string): NamespaceFacts {
  const { namespace: name } = target;
  if (access.isBound(user) && !mayAnything(access, user, name)) throw forbidden(target);
  const found = namespaces.find(name);
  if (found !== undefined) return found;
  throw mayAnything(access, user, name) ? new MeridianError('INVALID_NAMESPACE') : forbidden(target);
}

/** Calls that are held to the quotas. */
const ofKeys: ReadonlySet<CallName> = new Set(['get', 'put', 'delete', 'mget', 'mset']);
const anyVerb = ['read', 'write', 'delete', 'flush'] as const;
const mayAnything = (access: ApiAccess, user: string, namespace: string): boolean => anyVerb.some((verb) => access.mayUse(user, namespace, verb));

/** More than a double holds. */
const manyDigits = /\d{16}/;
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

/** Numbers that a double would change stay the text that they are. */
const asWritten = (_key: string, value: unknown, { source }: { readonly source?: string }): unknown =>
  typeof value === 'number' && source !== undefined && source.length > 15 && String(value) !== source ? rawJson(source) : value;

/** Finds out who asks and about which namespace. Throws what `userOf` and `namespaceOf` throw, and QUOTA_RATE. */
export function identify(node: ApiNode, known: Known, namespaced: boolean, authorization: string | undefined): void {
  const { call, namespace } = known.front.target;
  // The document says nothing about data; tools read it before they have a token.
  if (call !== 'openapi') known.user = userOf(node, known.front.target, authorization);
  if (!namespaced) return;
  known.namespace = namespaceOf(node, known.front.target, known.user);
  // Who may do nothing there takes nothing from it; its owner can always look, and make room.
  if (!ofKeys.has(call) || !mayAnything(node.access, known.user, namespace)) return;
  node.quotas.enter(known.front.client, namespace);
  known.counted = true;
}

/** Bytes as they are, or the JSON in them. Throws UNSUPPORTED_MEDIA, MALFORMED_JSON. */
export function parseBody(headers: IncomingHttpHeaders, body: Buffer): unknown {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw new MeridianError('UNSUPPORTED_MEDIA', { detail: `with Content-Encoding ${encoding.slice(0, 50)}` });
  return headers['content-type']?.startsWith(bytesType) === true ? body : parseJson(body);
}

/** Throws MALFORMED_JSON. */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new MeridianError('MALFORMED_JSON', { detail: 'it is not UTF-8' });
  try {
    const text = textOf(body);
    return (manyDigits.test(text) ? JSON.parse(text, asWritten as (key: string, value: unknown) => unknown) : JSON.parse(text)) as unknown;
  } catch (error) {
    throw new MeridianError('MALFORMED_JSON', { detail: (error as SyntaxError).message.slice(0, 200) });
  }
}

/** A decoder takes a byte-order mark away; so does this. */
const textOf = (body: Buffer): string => (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.toString('utf8', 3) : body.toString());

/** The first thing that a schema found wrong, and where. */
export function faultOf({ issues: [issue] }: z.ZodError): string {
  return (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`).slice(0, 300);
}

const safeTrace = /^[\w.:-]{1,128}$/;

/** The caller's own id wins wherever it is given. */
export function traceOf(query: unknown, body: unknown, otherwise: string): string {
  for (const place of [query, body]) {
    const given = (place as { readonly trace_id?: unknown } | null | undefined)?.trace_id;
    if (typeof given === 'string' && safeTrace.test(given)) return given;
  }
  return otherwise;
}
