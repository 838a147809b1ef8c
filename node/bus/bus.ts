import type { Channel, ChannelHandler } from '../../shared/bus/channel.ts';
import { newBusCounters, type BusCounters } from '../../shared/bus/counters.ts';
import type { BusKeys, PeerIdentity } from '../../shared/bus/identity.ts';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { dialBus, listenBus, type SessionOwner } from '../../shared/io/bus-tcp.ts';
import type { Ports } from '../../shared/ports/ports.ts';

/** A node on the bus as this one dials it. */
export interface PeerAddress {
  readonly pod: string;
  readonly incarnation: string;
  readonly ip: string;
  readonly busPort: number;
}

export interface BusOptions {
  readonly ports: Ports;
  readonly identity: PeerIdentity;
  readonly keys: () => BusKeys;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly handler: ChannelHandler;
  /** Bytes that may wait for the network, over all connections; who makes them more is cut off. Absent: the bound of each connection alone. */
  readonly mostUnsentBytes?: () => number;
  /** A connection to this incarnation is open or lost. */
  readonly onPeer?: (peer: PeerIdentity, open: boolean) => void;
}

/**
 * The node's end of the bus: one listener, and at most one connection kept per peer, whoever dialled it. Connections are
 * made when they are needed and kept until they break or idle ones are trimmed.
 */
export interface Bus {
  readonly port: number;
  readonly counters: BusCounters;
  readonly sessions: number;
  readonly halfOpen: number;
  /** The open connection to this very incarnation. */
  channelTo(peer: PeerAddress): Channel | undefined;
  connect(peer: PeerAddress): Promise<Channel>;
  /** Whoever answers there, if it is of the cluster (seeds). */
  connectAddress(host: string, port: number): Promise<Channel>;
  peers(): readonly PeerIdentity[];
  /** Bytes that wait for the network, over all connections. */
  unsentBytes(): number;
  close(): Promise<void>;
}

const dialTimeoutMs = 1_000;
const leastQueueBytes = 40 * 1024 * 1024;
const mostQueueBytes = 64 * 1024 * 1024;
const queueShare = 4;

/** A part of the data limit, and at least what the largest value that HTTP takes needs on its way. */
export const busQueueBytes = (memoryBytes: number): number => Math.max(leastQueueBytes, Math.min(mostQueueBytes, Math.floor(memoryBytes / queueShare)));

/** Rejects with the system's error when it cannot listen. */
export async function openBus(options: BusOptions): Promise<Bus> {
  const counters = newBusCounters();
  /** The connection in use to each pod. */
  const open = new Map<string, Channel>();
  /** Every connection: two nodes that dial each other at once have two, and the one not in use would hold up the end of the process. */
  const all = new Set<Channel>();
  const dialling = new Map<string, Promise<Channel>>();
  let closed = false;

  const owner: SessionOwner = {
    open(channel) {
      all.add(channel);
      if (channel.peer.pod !== options.identity.pod) {
        open.set(channel.peer.pod, channel);
        options.onPeer?.(channel.peer, true);
      }
      return options.handler;
    },
    closed(channel) {
      all.delete(channel);
      if (open.get(channel.peer.pod) !== channel) return;
      open.delete(channel.peer.pod);
      options.onPeer?.(channel.peer, false);
    },
  };
  const unsentBytes = (): number => {
    let bytes = 0;
    for (const channel of all) bytes += channel.bufferedBytes();
    return bytes;
  };
  const limits = options.mostUnsentBytes === undefined ? {} : { isTooMuch: () => unsentBytes() > (options.mostUnsentBytes?.() ?? Infinity) };
  const greeting = (target?: string) => ({ identity: options.identity, keys: options.keys(), target, acceptRoles: ['node'] as const });
  const listener = await listenBus({ ports: options.ports, host: options.host, port: options.port, greeting, owner, counters, limits });

  function dial(host: string, port: number, target?: string): Promise<Channel> {
    if (closed) return Promise.reject(new MeridianError('BUS_CLOSED', { peer: target ?? host }));
    const key = `${host} ${port} ${target ?? ''}`;
    const running = dialling.get(key);
    if (running !== undefined) return running;
    const started = dialBus({ ports: options.ports, host, port, greeting: greeting(target), owner, counters, limits: { ...limits, handshakeTimeoutMs: dialTimeoutMs } }).finally(() => dialling.delete(key));
    dialling.set(key, started);
    return started;
  }

  function channelTo(peer: PeerAddress): Channel | undefined {
    const channel = open.get(peer.pod);
    return channel !== undefined && !channel.closed && channel.peer.incarnation === peer.incarnation ? channel : undefined;
  }

  return {
    port: listener.port,
    counters,
    get sessions() {
      return open.size;
    },
    get halfOpen() {
      return listener.halfOpen;
    },
    channelTo,
    connect: (peer) => {
      const channel = channelTo(peer);
      return channel === undefined ? dial(peer.ip, peer.busPort, peer.pod) : Promise.resolve(channel);
    },
    connectAddress: (host, port) => dial(host, port),
    unsentBytes,
    peers: () => Array.from(open.values(), ({ peer }) => peer),
    async close() {
      closed = true;
      for (const channel of Array.from(all)) channel.close();
      await Promise.allSettled(dialling.values());
      for (const channel of Array.from(all)) channel.close();
      await listener.close();
    },
  };
}
