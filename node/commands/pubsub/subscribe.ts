import type { ReplyWriter } from '../../server/reply-writer.ts';
import type { ClientSession } from '../../server/client-session.ts';
import { latin1At } from '../arguments.ts';
import type { Call, CommandSpec, KeySpec } from '../spec.ts';
import { subscriptionsOf, type SubscriptionKind } from './channels.ts';

const shape = { since: '2.0.0', group: 'pubsub', flags: ['pubsub', 'noscript', 'loading', 'stale'], categories: [], keys: [] } as const;
const shardKeys: readonly KeySpec[] = [{ flags: ['not_key'], beginSearch: { type: 'index', index: 1 }, findKeys: { type: 'range', lastKey: -1, step: 1, limit: 0 } }];

/** Subscriptions of the kind that the client counts together in its replies. */
function counted(client: ClientSession, kind: SubscriptionKind): number {
  return kind === 'shard' ? (client.shardChannels?.size ?? 0) : client.subscriptionCount;
}

function confirm(reply: ReplyWriter, word: string, name: string | undefined, count: number): void {
  reply.push(3);
  reply.bulkLatin1(word);
  if (name === undefined) reply.nil();
  else reply.bulkLatin1(name);
  reply.integer(count);
}

function subscribeAll(call: Call, kind: SubscriptionKind, word: string): void {
  const { client, reply, node } = call;
  for (let i = 1; i < call.argc; i++) {
    const name = latin1At(call, i);
    node.server.channels.subscribe(kind, name, client);
    confirm(reply, word, name, counted(client, kind));
  }
}

function unsubscribeAll(call: Call, kind: SubscriptionKind, word: string): void {
  const { client, reply, node } = call;
  const named = Array.from({ length: call.argc - 1 }, (_, i) => latin1At(call, i + 1));
  const names = call.argc > 1 ? named : [...(subscriptionsOf(client, kind) ?? [])];
  if (names.length === 0) return confirm(reply, word, undefined, counted(client, kind));
  for (const name of names) {
    node.server.channels.unsubscribe(kind, name, client);
    confirm(reply, word, name, counted(client, kind));
  }
}

const channelArgs = [{ name: 'channel', type: 'string', multiple: true }] as const;
const optionalChannels = [{ name: 'channel', type: 'string', optional: true, multiple: true }] as const;

export const subscribe: CommandSpec = { ...shape, name: 'subscribe', summary: 'Listens for messages published to channels.', complexity: 'O(N) where N is the number of channels to subscribe to', arity: -2, args: channelArgs, run: (call) => subscribeAll(call, 'channel', 'subscribe') };

export const unsubscribe: CommandSpec = { ...shape, name: 'unsubscribe', summary: 'Stops listening to channels.', complexity: 'O(N) where N is the number of channels to unsubscribe', arity: -1, args: optionalChannels, run: (call) => unsubscribeAll(call, 'channel', 'unsubscribe') };

export const psubscribe: CommandSpec = { ...shape, name: 'psubscribe', summary: 'Listens for messages published to channels that match patterns.', complexity: 'O(N) where N is the number of patterns to subscribe to', arity: -2, args: [{ name: 'pattern', type: 'block', multiple: true, args: [{ name: 'pattern', type: 'pattern' }] }], run: (call) => subscribeAll(call, 'pattern', 'psubscribe') };

export const punsubscribe: CommandSpec = { ...shape, name: 'punsubscribe', summary: 'Stops listening to patterns.', complexity: 'O(N) where N is the number of patterns to unsubscribe', arity: -1, args: [{ name: 'pattern', type: 'pattern', optional: true, multiple: true }], run: (call) => unsubscribeAll(call, 'pattern', 'punsubscribe') };

export const ssubscribe: CommandSpec = { ...shape, name: 'ssubscribe', since: '7.0.0', summary: 'Listens for messages published to shard channels.', complexity: 'O(N) where N is the number of shard channels to subscribe to', arity: -2, keys: shardKeys, args: channelArgs, run: (call) => subscribeAll(call, 'shard', 'ssubscribe') };

export const sunsubscribe: CommandSpec = { ...shape, name: 'sunsubscribe', since: '7.0.0', summary: 'Stops listening to shard channels.', complexity: 'O(N) where N is the number of shard channels to unsubscribe', arity: -1, keys: shardKeys, args: optionalChannels, run: (call) => unsubscribeAll(call, 'shard', 'sunsubscribe') };
