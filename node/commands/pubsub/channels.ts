import type { ClientSession } from '../../server/client-session.ts';
import { ReplyWriter, type RespVersion } from '../../server/reply-writer.ts';
import { globMatches } from './glob.ts';

export type SubscriptionKind = 'channel' | 'pattern' | 'shard';

/** What one publication looks like on the wire, encoded at most once per protocol version. */
type Encoded = (resp: RespVersion) => Uint8Array;

/**
 * Who listens to what on this node. Names are latin1 strings (one character per byte). Publications of other nodes enter by `deliver`;
 * `spread` sends ours to them.
 */
export class Channels {
  readonly #channels = new Map<string, Set<ClientSession>>();
  readonly #patterns = new Map<string, Set<ClientSession>>();
  readonly #shardChannels = new Map<string, Set<ClientSession>>();
  /** Sends a publication to the other nodes of the region (sharded: of the shard); set by the node's bus. */
  spread: ((kind: 'channel' | 'shard', channel: Uint8Array, message: Uint8Array) => void) | undefined = undefined;

  /** Whether listeners here are sent a publication of about so many bytes; like one that is slow, one whose quota is used up misses it. */
  mayDeliver: ((channel: Uint8Array, bytes: number) => boolean) | undefined = undefined;

  /** Listeners here were sent so many bytes of a publication. */
  delivered: ((channel: Uint8Array, bytes: number) => void) | undefined = undefined;

  channelCount(): number {
    return this.#channels.size;
  }

  patternCount(): number {
    return this.#patterns.size;
  }

  shardChannelCount(): number {
    return this.#shardChannels.size;
  }

  #table(kind: SubscriptionKind): Map<string, Set<ClientSession>> {
    if (kind === 'channel') return this.#channels;
    return kind === 'pattern' ? this.#patterns : this.#shardChannels;
  }

  subscribe(kind: SubscriptionKind, name: string, client: ClientSession): void {
    const table = this.#table(kind);
    const listeners = table.get(name);
    if (listeners === undefined) table.set(name, new Set([client]));
    else listeners.add(client);
    ownSubscriptions(client, kind).add(name);
  }

  unsubscribe(kind: SubscriptionKind, name: string, client: ClientSession): void {
    const table = this.#table(kind);
    const listeners = table.get(name);
    listeners?.delete(client);
    if (listeners?.size === 0) table.delete(name);
    const own = subscriptionsOf(client, kind);
    own?.delete(name);
    if (own?.size === 0) dropSubscriptions(client, kind);
  }

  /** A client that goes, or RESET. */
  forget(client: ClientSession): void {
    for (const kind of ['channel', 'pattern', 'shard'] as const) for (const name of [...(subscriptionsOf(client, kind) ?? [])]) this.unsubscribe(kind, name, client);
  }

  /** Sharded channels belong to another shard now: who listens to them here is told that it does so no more. */
  leaveShardChannels(haveLeft: (name: string) => boolean): void {
    for (const [name, listeners] of this.#shardChannels) {
      if (!haveLeft(name)) continue;
      for (const client of listeners) {
        this.unsubscribe('shard', name, client);
        client.output.send(farewell(client, name));
      }
    }
  }

  /** Delivers to this node's listeners and to the other nodes; the number of listeners here. */
  publish(kind: 'channel' | 'shard', channel: Uint8Array, message: Uint8Array): number {
    this.spread?.(kind, channel, message);
    return this.deliver(kind, channel, message);
  }

  deliver(kind: 'channel' | 'shard', channel: Uint8Array, message: Uint8Array): number {
    const name = Buffer.from(channel.buffer, channel.byteOffset, channel.length).toString('latin1');
    const listeners = this.#table(kind).get(name);
    let count = 0;
    let bytes = 0;
    let allowed: boolean | undefined;
    const sendTo = (clients: ReadonlySet<ClientSession>, encoded: Encoded): void => {
      allowed ??= this.mayDeliver?.(channel, channel.length + message.length) ?? true;
      if (!allowed) return;
      for (const client of clients) {
        const message = encoded(client.resp);
        client.output.send(message);
        bytes += message.length;
      }
      count += clients.size;
    };
    if (listeners !== undefined) sendTo(listeners, encodeOnce(kind === 'shard' ? 'smessage' : 'message', undefined, channel, message));
    if (kind === 'channel') for (const [pattern, clients] of this.#patterns) if (globMatches(pattern, name)) sendTo(clients, encodeOnce('pmessage', pattern, channel, message));
    if (bytes > 0) this.delivered?.(channel, bytes);
    return count;
  }

  /** Names with listeners, for PUBSUB CHANNELS. */
  names(kind: 'channel' | 'shard', pattern: string | undefined): readonly string[] {
    return [...this.#table(kind).keys()].filter((name) => pattern === undefined || globMatches(pattern, name));
  }

  listeners(kind: 'channel' | 'shard', name: string): number {
    return this.#table(kind).get(name)?.size ?? 0;
  }
}

function encodeOnce(word: string, pattern: string | undefined, channel: Uint8Array, message: Uint8Array): Encoded {
  const cache: (Uint8Array | undefined)[] = [];
  return (resp) => (cache[resp] ??= encode(resp, word, pattern, channel, message));
}

function encode(resp: RespVersion, word: string, pattern: string | undefined, channel: Uint8Array, message: Uint8Array): Uint8Array {
  const writer = new ReplyWriter(channel.length + message.length + 128);
  writer.resp = resp;
  writer.push(pattern === undefined ? 3 : 4);
  writer.bulkLatin1(word);
  if (pattern !== undefined) writer.bulkLatin1(pattern);
  writer.bulkBytes(channel);
  writer.bulkBytes(message);
  return Buffer.from(writer.buffer.subarray(0, writer.position));
}

function farewell(client: ClientSession, name: string): Uint8Array {
  const writer = new ReplyWriter(name.length + 64);
  writer.resp = client.resp;
  writer.push(3);
  writer.bulkLatin1('sunsubscribe');
  writer.bulkLatin1(name);
  writer.integer(client.shardChannels?.size ?? 0);
  return Buffer.from(writer.buffer.subarray(0, writer.position));
}

/** The client's own list, undefined when it is empty. */
export function subscriptionsOf(client: ClientSession, kind: SubscriptionKind): Set<string> | undefined {
  if (kind === 'channel') return client.channels;
  return kind === 'pattern' ? client.patterns : client.shardChannels;
}

function ownSubscriptions(client: ClientSession, kind: SubscriptionKind): Set<string> {
  if (kind === 'channel') return (client.channels ??= new Set());
  return kind === 'pattern' ? (client.patterns ??= new Set()) : (client.shardChannels ??= new Set());
}

function dropSubscriptions(client: ClientSession, kind: SubscriptionKind): void {
  if (kind === 'channel') client.channels = undefined;
  else if (kind === 'pattern') client.patterns = undefined;
  else client.shardChannels = undefined;
}
