import type { Channel } from '../../shared/bus/channel.ts';
import type { PeerIdentity } from '../../shared/bus/identity.ts';
import type { Bus, PeerAddress } from '../bus/bus.ts';
import type { Channels } from '../commands/pubsub/channels.ts';
import { encodePublication, PublicationReader } from './publication-wire.ts';

/** One-way messages of the bus that carry publications. */
export const publicationMessage = 48;
/** Bytes on their way to a peer above which it misses publications, as a client of pub/sub may. */
const mostWaitingBytes = 32 * 1024 * 1024;

/** A node of the region as publications need it. */
export interface Listener extends PeerAddress {
  readonly state: 'alive' | 'failed' | 'left';
  readonly shard: number;
}

export interface RegionChannelsOptions {
  readonly bus: Pick<Bus, 'channelTo' | 'connect'>;
  readonly channels: Channels;
  readonly shard: number;
  /** The other nodes of the region. */
  readonly others: () => Iterable<Listener>;
}

interface Waiting {
  readonly payloads: Uint8Array[];
  bytes: number;
}

/**
 * Pub/sub over the region: what is published here goes to every other node of it, in a sharded channel to the copies of the shard, once each; there it
 * reaches whoever listens. Publications of one node arrive everywhere in their order, or not at all.
 */
export function joinChannels({ bus, channels, shard, others }: RegionChannelsOptions) {
  const waiting = new Map<string, Waiting>();
  const readers = new Map<string, PublicationReader>();

  function connect(peer: Listener, payloads: readonly Uint8Array[], bytes: number): void {
    const queue: Waiting = { payloads: [...payloads], bytes };
    waiting.set(peer.pod, queue);
    const done = (channel: Channel | undefined): void => {
      waiting.delete(peer.pod);
      if (channel !== undefined) for (const payload of queue.payloads) channel.post(publicationMessage, payload);
    };
    bus.connect(peer).then(done, () => done(undefined));
  }

  function post(peer: Listener, payloads: readonly Uint8Array[], bytes: number): void {
    const queue = waiting.get(peer.pod);
    if (queue !== undefined) {
      if (queue.bytes + bytes > mostWaitingBytes) return;
      queue.payloads.push(...payloads);
      queue.bytes += bytes;
      return;
    }
    const channel = bus.channelTo(peer);
    if (channel === undefined) connect(peer, payloads, bytes);
    else if (channel.bufferedBytes() < mostWaitingBytes) for (const payload of payloads) channel.post(publicationMessage, payload);
  }

  channels.spread = (kind, channel, message) => {
    let payloads: readonly Uint8Array[] | undefined;
    for (const peer of others()) {
      if (peer.state !== 'alive' || (kind === 'shard' && peer.shard !== shard)) continue;
      payloads ??= encodePublication({ kind, channel, message });
      post(peer, payloads, channel.length + message.length);
    }
  };

  return {
    receive(payload: Uint8Array, from: PeerIdentity): void {
      const reader = readers.get(from.pod) ?? new PublicationReader();
      readers.set(from.pod, reader);
      const publication = reader.take(payload);
      if (publication !== undefined) channels.deliver(publication.kind, publication.channel, publication.message);
    },
    disconnected(pod: string): void {
      readers.delete(pod);
    },
  };
}
