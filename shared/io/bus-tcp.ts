import { connect, createServer, type Server, type Socket } from 'node:net';
import { openChannel, type Channel, type ChannelHandler, type ChannelLimits } from '../bus/channel.ts';
import { countRefused, type BusCounters } from '../bus/counters.ts';
import type { HandshakeOptions } from '../bus/handshake.ts';
import type { Bulk } from '../bus/frame.ts';
import { newLink, stepLink, type Link, type LinkEvent } from '../bus/link.ts';
import { MeridianError } from '../errors/meridian-error.ts';
import type { Ports } from '../ports/ports.ts';

/** TCP under the bus: feeds links with bytes, carries out their effects, and bounds what strangers can cost. */
export type Greeting = Omit<HandshakeOptions, 'nonce'>;

export interface TcpLimits {
  readonly handshakeTimeoutMs: number;
  /** Connections that have not proved themselves; one more drops the oldest, so that slow strangers never shut members out. */
  readonly maxHalfOpen: number;
  readonly maxSessions: number;
  /** Bytes that a peer may leave unread before it is cut off. */
  readonly maxUnsentBytes: number;
  /** Asked of a peer that has left much unread: is it too much for all of them together? */
  readonly isTooMuch?: () => boolean;
}

const tcpDefaults: TcpLimits = { handshakeTimeoutMs: 3_000, maxHalfOpen: 128, maxSessions: 4_096, maxUnsentBytes: 64 * 1024 * 1024 };
/** Frames with bulk are made in here, one after the other over all connections: mostly the system takes a frame at once, and a new buffer for each would keep the collector busy. */
let room: Buffer | undefined;
const roomBytes = 320 * 1024;
const nonceBytes = 32;
const muchUnsentBytes = 1024 * 1024;

export interface SessionOwner {
  /** A peer has proved itself; answers who serves its requests. */
  open(channel: Channel): ChannelHandler;
  closed?(channel: Channel, error: MeridianError): void;
}

interface Conversation {
  readonly socket: Socket;
  readonly link: Link;
  channel: Channel | undefined;
  timer: ReturnType<Ports['timers']['after']> | undefined;
}

interface Setting {
  readonly ports: Ports;
  readonly counters: BusCounters;
  readonly limits: TcpLimits;
  readonly channelLimits?: ChannelLimits;
  readonly owner: SessionOwner;
  established(conversation: Conversation): void;
  over(conversation: Conversation, error: MeridianError): void;
}

export interface BusListener {
  readonly port: number;
  readonly halfOpen: number;
  readonly sessions: number;
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly ports: Ports;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Read for every connection: keys may have been rotated. */
  readonly greeting: () => Greeting;
  readonly owner: SessionOwner;
  readonly counters: BusCounters;
  readonly limits?: Partial<TcpLimits>;
  readonly channelLimits?: ChannelLimits;
}

/** Rejects with the system's error (EADDRINUSE …). */
export function listenBus(options: ListenOptions): Promise<BusListener> {
  const limits = { ...tcpDefaults, ...options.limits };
  const halfOpen = new Set<Conversation>();
  const sessions = new Set<Conversation>();
  const setting: Setting = {
    ports: options.ports,
    counters: options.counters,
    limits,
    channelLimits: options.channelLimits,
    owner: options.owner,
    established(conversation) {
      halfOpen.delete(conversation);
      sessions.add(conversation);
    },
    over(conversation) {
      halfOpen.delete(conversation);
      sessions.delete(conversation);
    },
  };
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 }, (socket) => {
    if (sessions.size >= limits.maxSessions) {
      countRefused(options.counters, 'BUS_BUSY');
      socket.destroy();
      return;
    }
    if (halfOpen.size >= limits.maxHalfOpen) dropOldest(setting, halfOpen);
    halfOpen.add(converse(setting, socket, newLink('listener', { ...options.greeting(), nonce: options.ports.random.bytes(nonceBytes) })));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.removeListener('error', reject);
      // Accept errors (too many files) pass; the bus goes on with the connections that it has.
      server.on('error', () => countRefused(options.counters, 'BUS_BUSY'));
      resolve({
        port: (server.address() as { port: number }).port,
        get halfOpen() {
          return halfOpen.size;
        },
        get sessions() {
          return sessions.size;
        },
        close: () => closeServer(server, [...halfOpen, ...sessions]),
      });
    });
  });
}

function dropOldest(setting: Setting, halfOpen: Set<Conversation>): void {
  for (const oldest of halfOpen) {
    endConversation(setting, oldest, new MeridianError('BUS_BUSY', { peer: 'strangers' }));
    return;
  }
}

function closeServer(server: Server, conversations: readonly Conversation[]): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const { socket } of conversations) socket.destroy();
  });
}

export interface DialOptions {
  readonly ports: Ports;
  readonly host: string;
  readonly port: number;
  readonly greeting: Greeting;
  readonly owner: SessionOwner;
  readonly counters: BusCounters;
  readonly limits?: Partial<TcpLimits>;
  readonly channelLimits?: ChannelLimits;
}

/** A session with whoever listens there. Rejects with BUS_UNREACHABLE, BUS_TIMEOUT or why one side refused the other. */
export function dialBus(options: DialOptions): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const setting: Setting = {
      ports: options.ports,
      counters: options.counters,
      limits: { ...tcpDefaults, ...options.limits },
      channelLimits: options.channelLimits,
      owner: options.owner,
      established: (conversation) => resolve(conversation.channel as Channel),
      over: (_conversation, error) => reject(error),
    };
    const socket = connect({ host: options.host, port: options.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
    const conversation = converse(setting, socket, newLink('caller', { ...options.greeting, nonce: options.ports.random.bytes(nonceBytes) }), `${options.host}:${options.port}`);
    socket.once('connect', () => feed(setting, conversation, { type: 'start' }));
  });
}

function converse(setting: Setting, socket: Socket, link: Link, address = 'stranger'): Conversation {
  const conversation: Conversation = { socket, link, channel: undefined, timer: undefined };
  const { handshakeTimeoutMs } = setting.limits;
  conversation.timer = setting.ports.timers.after(
    handshakeTimeoutMs,
    () => endConversation(setting, conversation, new MeridianError('BUS_TIMEOUT', { peer: address, method: 'the handshake', limitMs: handshakeTimeoutMs })),
    { keepAlive: false },
  );
  socket.on('data', (bytes: Buffer) => feed(setting, conversation, { type: 'bytes', bytes }));
  socket.on('error', (error: NodeJS.ErrnoException) => endConversation(setting, conversation, new MeridianError('BUS_UNREACHABLE', { address, detail: error.code ?? error.message })));
  socket.on('close', () => endConversation(setting, conversation, closedBy(conversation, address)));
  return conversation;
}

function closedBy({ link, channel }: Conversation, address: string): MeridianError {
  return new MeridianError('BUS_CLOSED', { peer: channel?.peer.pod ?? (link.side === 'caller' ? address : 'stranger') });
}

function feed(setting: Setting, conversation: Conversation, event: LinkEvent): void {
  for (const effect of stepLink(conversation.link, event)) {
    if (effect.type === 'write') {
      conversation.socket.write(effect.bytes);
    } else if (effect.type === 'established') {
      setting.ports.timers.cancel(conversation.timer);
      setting.counters.opened++;
      conversation.channel = channelOver(setting, conversation, effect.peer, effect.version);
      setting.established(conversation);
    } else if (effect.type === 'frame') {
      takeFrame(setting, conversation, effect.frame);
    } else {
      countRefused(setting.counters, effect.error.code);
      endConversation(setting, conversation, effect.error);
    }
  }
}

function takeFrame(setting: Setting, conversation: Conversation, frame: Parameters<Channel['take']>[0]): void {
  try {
    conversation.channel?.take(frame);
  } catch (error) {
    const shown = error instanceof MeridianError ? error : new MeridianError('BUS_PROTOCOL', { detail: 'unexpected content' });
    countRefused(setting.counters, shown.code);
    endConversation(setting, conversation, shown);
  }
}

function channelOver(setting: Setting, conversation: Conversation, peer: Channel['peer'], version: number): Channel {
  const { socket } = conversation;
  // The channel's handler is known only once its owner has seen the channel.
  const served: { handler?: ChannelHandler } = {};
  const wire = {
    peer,
    version,
    send(frameType: number, payload: Uint8Array, bulk?: Bulk) {
      const { out } = conversation.link;
      if (bulk !== undefined && socket.writableLength === 0) out.room = room ??= Buffer.allocUnsafeSlow(roomBytes);
      feed(setting, conversation, { type: 'send', frameType, payload, bulk });
      const { writableLength } = socket;
      // The system has not taken all of it: it belongs to the socket now.
      if (out.room !== undefined && writableLength > 0) room = undefined;
      out.room = undefined;
      if (writableLength > setting.limits.maxUnsentBytes || (writableLength > muchUnsentBytes && setting.limits.isTooMuch?.() === true)) endConversation(setting, conversation, new MeridianError('BUS_BUSY', { peer: peer.pod }));
    },
    bufferedBytes: () => socket.writableLength,
    close: () => endConversation(setting, conversation, new MeridianError('BUS_CLOSED', { peer: peer.pod })),
  };
  const channel = openChannel(
    setting.ports,
    wire,
    {
      request: (method, body, from) => (served.handler as ChannelHandler).request(method, body, from),
      message(type, payload, from) {
        if (served.handler?.message === undefined) throw new MeridianError('BUS_PROTOCOL', { detail: `message of type ${type} where none is expected` });
        served.handler.message(type, payload, from);
      },
      fault: (method, error) => served.handler?.fault?.(method, error),
    },
    setting.channelLimits,
  );
  served.handler = setting.owner.open(channel);
  return channel;
}

/** Once per conversation; later calls find nothing to do. */
function endConversation(setting: Setting, conversation: Conversation, error: MeridianError): void {
  const { socket, channel, timer } = conversation;
  setting.ports.timers.cancel(timer);
  if (!socket.destroyed) {
    if (error.code === 'BUS_TIMEOUT' || error.code === 'BUS_BUSY') countRefused(setting.counters, error.code);
    // A refusal is still to be sent: end flushes it. A peer that does not take it within a moment is not waited for.
    socket.end();
    setting.ports.timers.after(lingerMs, () => socket.destroy(), { keepAlive: false });
    socket.removeAllListeners('data');
    socket.resume();
  }
  if (channel !== undefined && !channel.closed) {
    channel.end(error);
  }
  if (conversation.timer !== undefined) {
    conversation.timer = undefined;
    setting.over(conversation, error);
    if (channel !== undefined) setting.owner.closed?.(channel, error);
  }
}

const lingerMs = 200;
