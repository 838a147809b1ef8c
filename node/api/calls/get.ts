import type { Answer } from '../answer.ts';
import type { ApiNode } from '../api-node.ts';
import { encodeCommand, type Reply } from '../resp.ts';
import type { GetQuery } from '../schemas.ts';
import { storeKey, type ApiCall } from './call.ts';
import { fill } from './fill.ts';
import { found, missing } from './found.ts';
import { storedValue } from './values.ts';

export function get(node: ApiNode, call: ApiCall<GetQuery>): Answer | Promise<Answer> {
  const key = storeKey(node, call, call.target.key);
  if (call.query.fill === true) return fill(node, call, key);
  const reply = node.commands.run(call.user, { key, bytes: encodeCommand(['MERIDIAN.READ', key]) }, call.log);
  return reply instanceof Promise ? reply.then((late) => answered(node, call, late)) : answered(node, call, reply);
}

function answered(node: ApiNode, call: ApiCall<GetQuery>, reply: Reply): Answer {
  const stored = storedValue(reply);
  call.log.hit = stored !== undefined;
  return stored === undefined ? missing() : found(node, call, stored);
}
