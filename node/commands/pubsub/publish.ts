import { bytesAt } from '../arguments.ts';
import type { Call, CommandSpec } from '../spec.ts';

const flags = ['pubsub', 'loading', 'stale', 'fast', 'may_replicate'] as const;
const args = [{ name: 'channel', type: 'string' }, { name: 'message', type: 'string' }] as const;

function publishAs(call: Call, kind: 'channel' | 'shard'): void {
  const receivers = call.node.server.channels.publish(kind, bytesAt(call, 1), bytesAt(call, 2));
  call.node.tenants?.published(call);
  call.reply.integer(receivers);
}

export const publish: CommandSpec = {
  name: 'publish',
  summary: 'Posts a message to a channel.',
  since: '2.0.0',
  group: 'pubsub',
  complexity: 'O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns',
  arity: 3,
  flags,
  categories: [],
  keys: [],
  args,
  run: (call) => publishAs(call, 'channel'),
};

export const spublish: CommandSpec = {
  name: 'spublish',
  summary: 'Posts a message to a shard channel.',
  since: '7.0.0',
  group: 'pubsub',
  complexity: 'O(N) where N is the number of clients subscribed to the receiving shard channel',
  arity: 3,
  flags,
  categories: [],
  keys: [{ flags: ['not_key'], beginSearch: { type: 'index', index: 1 }, findKeys: { type: 'range', lastKey: 0, step: 1, limit: 0 } }],
  args,
  run: (call) => publishAs(call, 'shard'),
};
