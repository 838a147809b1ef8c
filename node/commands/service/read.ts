import { entryType, stringEncoding } from '../../engine/entry-layout.ts';
import { readKey, wrongTypeLine } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

const noTags: readonly string[] = [];

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
    const { reply, node, nowMs } = call;
    const { store } = node;
    const ref = readKey(call, 1);
    if (ref === 0) return reply.nil();
    if (store.typeOf(ref) !== entryType.string) return reply.error(wrongTypeLine);
    store.open(ref);
    reply.array(7);
    reply.integer(store.encodingOf(ref) === stringEncoding.json ? 1 : 0);
    reply.bulk(store.entryBytes, store.valueStart, store.valueLength);
    reply.integer(store.expires(ref) ? Math.max(0, store.expiryOf(ref) - nowMs) : -1);
    reply.integer(store.sequenceOf(ref));
    reply.integer(store.epochOf(ref));
    reply.integer(store.writtenAtSeconds(ref));
    const tags = node.tenants?.tagsOf(call, 1) ?? noTags;
    reply.array(tags.length);
    for (const tag of tags) reply.bulkString(tag);
  },
};
