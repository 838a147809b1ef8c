import { json, type Answer } from '../answer.ts';
import type { ApiNode } from '../api-node.ts';
import { encodeCommand, type Reply } from '../resp.ts';
import { storeKey, type ApiCall } from './call.ts';
import { sayAbsent } from './fill.ts';
import { missing } from './found.ts';

export function deleteKey(node: ApiNode, call: ApiCall<{ readonly fill_token?: string }>): Answer | Promise<Answer> {
  const key = storeKey(node, call, call.target.key);
  if (call.query.fill_token !== undefined) return sayAbsent(node, call, key, call.query.fill_token);
  const reply = node.commands.run(call.user, { key, bytes: encodeCommand(['DEL', key]) }, call.log);
  return reply instanceof Promise ? reply.then(answered) : answered(reply);
}

const answered = (reply: Reply): Answer => (reply === 0 ? missing() : json(200, { success: true, deleted: true }));
