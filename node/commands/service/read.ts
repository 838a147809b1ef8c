import { entryType, stringEncoding } from '../../engine/entry-layout.ts';
import { integerAt } from '../integer-text.ts';
import { hashAt, notAnIntegerLine, readKey, wrongTypeLine } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';

const noTags: readonly string[] = [];
const longestWaitMs = 30_000;

/** What the HTTP API reads: a string with what its answer says about it. */
export const meridianRead: CommandSpec = {
  name: 'meridian.read',
  summary: 'Returns a string with its form (0 bytes, 1 JSON), value, TTL in milliseconds (-1: none), version, epoch, seconds of its last write, and tags.',
  since: '1.0.0',
  group: 'meridian',
  complexity: 'O(1)',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['string'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const ref = readKey(call, 1);
    if (ref === 0) call.reply.nil();
    else replyStored(call, ref, false);
  },
};

/** As MERIDIAN.READ with what MERIDIAN.FETCH does after a miss. */
export const meridianReadfill: CommandSpec = {
  name: 'meridian.readfill',
  summary: 'As MERIDIAN.READ, with a key and milliseconds; after a miss one caller gets [nil, token], the others wait so many milliseconds or get the stale value with "stale" behind its tags.',
  since: '1.0.0',
  group: 'meridian',
  complexity: 'O(1)',
  arity: 3,
  flags: ['blocking', 'fast'],
  categories: ['read', 'string'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'milliseconds', type: 'integer' }],
  run(call) {
    const waitMs = integerAt(call, 2);
    if (Number.isNaN(waitMs) || waitMs < 0) return call.reply.error(notAnIntegerLine);
    const ref = readKey(call, 1);
    if (ref !== 0) return replyStored(call, ref, false);
    const { reply, node } = call;
    const answer = node.tenants?.beginFill(call, 1);
    if (answer === undefined || answer.kind === 'absent') return reply.nil();
    if (answer.kind === 'yours') {
      reply.array(2);
      reply.nil();
      return reply.bulkString(answer.token);
    }
    const stale = node.store.findStale(call.bytes, call.start[1], call.length[1], call.keySlot, hashAt(call, 1), call.nowMs);
    if (stale !== 0) return replyStored(call, stale, true);
    if (waitMs === 0 || call.client.inTransaction) return reply.nil();
    node.server.blocking.wait(call, [1], Math.min(waitMs, longestWaitMs), 'nil');
  },
};

function replyStored(call: Call, ref: number, stale: boolean): void {
  const { reply, node, nowMs } = call;
  const { store } = node;
  if (store.typeOf(ref) !== entryType.string) return reply.error(wrongTypeLine);
  store.open(ref);
  reply.array(stale ? 8 : 7);
  reply.integer(store.encodingOf(ref) === stringEncoding.json ? 1 : 0);
  reply.bulk(store.entryBytes, store.valueStart, store.valueLength);
  reply.integer(store.expires(ref) ? Math.max(0, store.expiryOf(ref) - nowMs) : -1);
  reply.integer(store.sequenceOf(ref));
  reply.integer(store.epochOf(ref));
  reply.integer(store.writtenAtSeconds(ref));
  const tags = node.tenants?.tagsOf(call, 1) ?? noTags;
  reply.array(tags.length);
  for (const tag of tags) reply.bulkString(tag);
  if (stale) reply.bulkLatin1('stale');
}
