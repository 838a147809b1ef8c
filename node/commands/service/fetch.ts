import { integerAt } from '../integer-text.ts';
import { findKey, hashAt, notAnIntegerLine, optionIs, readString, syntaxErrorLine, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { redisErrorLine } from '../../../shared/errors/meridian-error.ts';
import { replyString } from '../strings/reply-value.ts';

const defaultWaitMs = 1_000;
const longestWaitMs = 30_000;

/** A read after whose miss one caller fills the key (B10). */
export const meridianFetch: CommandSpec = {
  name: 'meridian.fetch',
  summary: 'Returns the string value of a key. After a miss one caller gets [nil, token] and fills the key by SET with FILL token; the others wait for it, or get [value, "stale"].',
  since: '1.0.0',
  group: 'meridian',
  complexity: 'O(1)',
  arity: -2,
  flags: ['blocking', 'fast'],
  categories: ['read', 'string'],
  keys: keysAt(['RO', 'access'], 0),
  args: [
    { name: 'key', type: 'key' },
    { name: 'milliseconds', type: 'integer', token: 'WAIT', optional: true },
    { name: 'token', type: 'string', token: 'NEGATIVE', optional: true },
  ],
  run(call) {
    if (call.argc === 2) return fetch(call, defaultWaitMs);
    if (call.argc !== 4) return call.reply.error(syntaxErrorLine);
    if (optionIs(call, 2, 'negative')) return noteAbsent(call);
    if (!optionIs(call, 2, 'wait')) return call.reply.error(syntaxErrorLine);
    const waitMs = integerAt(call, 3);
    if (Number.isNaN(waitMs) || waitMs < 0) return call.reply.error(notAnIntegerLine);
    fetch(call, Math.min(waitMs, longestWaitMs));
  },
};

function fetch(call: Call, waitMs: number): void {
  const { reply, node } = call;
  const ref = readString(call, 1);
  if (ref === wrongType) return;
  const { tenants } = node;
  if (ref !== 0 || tenants === undefined) return replyString(call, ref);
  const answer = tenants.beginFill(call, 1);
  if (answer.kind === 'absent') return reply.nil();
  if (answer.kind === 'yours') {
    reply.array(2);
    reply.nil();
    return reply.bulkString(answer.token);
  }
  const stale = node.store.findStale(call.bytes, call.start[1], call.length[1], call.keySlot, hashAt(call, 1), call.nowMs);
  if (stale !== 0) {
    reply.array(2);
    replyString(call, stale);
    return reply.bulkString('stale');
  }
  if (waitMs === 0 || call.client.inTransaction) return reply.nil();
  node.server.blocking.wait(call, [1], waitMs, 'nil');
}

/** The holder of a token found nothing: the misses of a while (`negativeTtl`) are answered without asking again. */
function noteAbsent(call: Call): void {
  const token = Buffer.from(call.bytes.subarray(call.start[3], call.start[3] + call.length[3])).toString();
  if (findKey(call, 1) !== 0 || call.node.tenants?.noteAbsent(call, 1, token) !== true) return call.reply.error(redisErrorLine('FILL_VOIDED'));
  call.reply.ok();
}
