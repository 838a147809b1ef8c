import { fillExpiryMs } from '../../tenants/fills.ts';
import { json, type Answer } from '../answer.ts';
import type { ApiNode } from '../api-node.ts';
import { encodeCommand, type Reply } from '../resp.ts';
import type { GetQuery } from '../schemas.ts';
import type { ApiCall } from './call.ts';
import { found, missing } from './found.ts';
import { storedValue } from './values.ts';

const defaultWaitMs = 1_000;

/** A read after whose miss one caller gets the right to fill; the others wait for the value, or get the stale one. */
export async function fill(node: ApiNode, call: ApiCall<GetQuery>, key: Buffer): Promise<Answer> {
  const waitMs = call.query.wait_ms ?? defaultWaitMs;
  const reply = await node.commands.run(call.user, { key, bytes: encodeCommand(['MERIDIAN.READFILL', key, String(waitMs)]), waitMs }, call.log);
  const token = tokenOf(reply);
  const stored = token === undefined ? storedValue(reply) : undefined;
  call.log.hit = stored !== undefined;
  if (token !== undefined) return missing({ fill_token: token, expires_in_ms: fillExpiryMs });
  return stored === undefined ? missing() : found(node, call, stored);
}

function tokenOf(reply: Reply): string | undefined {
  if (!Array.isArray(reply) || reply.length !== 2) return undefined;
  return String(reply[1]);
}

/** Who was to fill the key found that there is nothing: readers are told so, and not sent to look, for the namespace's negativeTtl. */
export async function sayAbsent(node: ApiNode, call: ApiCall<unknown>, key: Buffer, token: string): Promise<Answer> {
  await node.commands.run(call.user, { key, bytes: encodeCommand(['MERIDIAN.FETCH', key, 'NEGATIVE', token]) }, call.log);
  return json(200, { success: true, deleted: false });
}
