import type { IoBackend, IoConnection, IoHandler } from '../io/backend.ts';
import { staticReadBackend } from '../io/static-read-backend.ts';
import { Connection } from './connection.ts';
import { InsideClient } from './inside-client.ts';
import type { ServerNodeContext } from './create-node-context.ts';
import { clientMemory, clientsOverLimit, createOutputPolicy, hasStalled } from './output-policy.ts';
import { RequestParser } from './request-parser.ts';
import { isUsed, livelyClients } from './sent-away.ts';
import { workingRoomBytes } from './settings/limits.ts';
import { ServerLoop } from './server-loop.ts';

const backlog = 511;
const housekeepingMs = 100;
const maxArguments = 1024 * 1024;
const tooManyClients = Buffer.from('-ERR max number of clients reached\r\n');

export interface RedisServerOptions {
  /** Made by createNodeContext. */
  readonly node: ServerNodeContext;
  /** Address to listen on. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly backend?: IoBackend;
}

export interface RedisServer {
  readonly host: string;
  /** The port that it listens on. */
  readonly port: number;
  /** A client within the process; it is in no list of clients and counts against no limit of connections. */
  inside(): InsideClient;
  /** Whoever speaks now; to be asked for before a hand-over. */
  lively(): ReturnType<typeof livelyClients>;
  /** Somebody is connected who used the node lately. */
  isUsed(): boolean;
  /** Accepts no more connections, lets what has been received be answered, and closes the others after at most `drainMs` (default 1000). */
  stop(options?: { readonly drainMs?: number }): Promise<void>;
}

/** Serves Redis clients. Rejects with the system's error when it cannot listen. */
export async function startRedisServer(options: RedisServerOptions): Promise<RedisServer> {
  const { node } = options;
  const { clients, limits, statistics, keyEvents } = node.internals;
  const { clock, timers } = node.ports;
  const parser = new RequestParser(node.server.table, { get maxBulkBytes() { return limits.maxBulkBytes; }, maxArguments });
  const loop = new ServerLoop(node, parser, createOutputPolicy(limits, boundBuffers, () => workingRoomBytes(node.store)), forget);

  function forget(connection: Connection): void {
    clients.remove(connection);
    node.server.channels.forget(connection.session);
    node.server.watchers.forget(connection.session);
    node.server.tracking.disable(connection.session);
    keyEvents.blocked.forget(connection.session);
    node.server.monitors.forget(connection.session);
    node.internals.pause.forget(connection.session);
    node.internals.tenantGate.forget(connection.session);
    node.internals.slotGate.forget(connection.session);
  }

  function accept(io: IoConnection): IoHandler | undefined {
    if (clients.count >= limits.maxClients) {
      statistics.connectionsRejected++;
      io.write(tooManyClients, tooManyClients.length);
      io.end();
      return silent;
    }
    const connection = new Connection(io, loop, clients.nextId(), Math.floor(clock.wallMs()));
    statistics.connectionsReceived++;
    connection.session.authenticated = node.server.access.openToAll || node.server.access.defaultHasNoPassword;
    if (limits.keepAliveSeconds > 0) io.setKeepAlive(limits.keepAliveSeconds);
    clients.add(connection);
    statistics.peakClients = Math.max(statistics.peakClients, clients.count);
    return connection;
  }

  let lastView = node.cluster;

  /** Idle clients, stalled readers, rates, slots that have gone. */
  function housekeeping(): void {
    const nowMs = clock.wallMs();
    if (node.cluster !== lastView) {
      lastView = node.cluster;
      keyEvents.blocked.ownershipChanged(node);
    }
    statistics.sample(clock.monotonicMs());
    keyEvents.tracking.endOfTurn();
    for (const connection of clients.connections()) {
      const { session } = connection;
      const idle = limits.idleTimeoutSeconds > 0 && !session.subscribed && !session.blocked && nowMs - session.lastActiveMs > limits.idleTimeoutSeconds * 1000;
      if (idle) connection.closeNow();
      else if (hasStalled(connection, limits, nowMs) || (connection.overSoftLimitSinceMs > 0 && loop.exceedsOutputLimit(connection, nowMs))) {
        statistics.outputLimitDisconnections++;
        connection.closeNow();
      }
    }
    if (limits.allClientsPercent > 0) limits.allClientsBytes = Math.floor((node.store.limitBytes * limits.allClientsPercent) / 100);
    boundBuffers();
  }

  /** maxmemory-clients. Clients go before data does: what those held that are closed now takes nothing from the keys. */
  function boundBuffers(): void {
    const memory = clientMemory(clients.connections());
    let left = memory.totalBytes;
    for (const connection of clientsOverLimit(memory, limits, workingRoomBytes(node.store) + node.store.externalBytes)) {
      left -= connection.bufferBytes;
      statistics.clientsEvicted++;
      connection.closeNow();
    }
    node.store.externalBytes = left;
  }

  const listener = await (options.backend ?? staticReadBackend()).listen({ host: options.host, port: options.port, backlog }, accept);
  const housekeeper = timers.every(housekeepingMs, housekeeping, { keepAlive: false });

  return {
    host: listener.host,
    port: listener.port,
    inside() {
      const client = new InsideClient();
      client.attach(new Connection(client, loop, clients.nextId(), Math.floor(clock.wallMs())));
      return client;
    },
    lively: () => livelyClients(clients.connections(), node.copies?.shardMs() ?? clock.wallMs()),
    isUsed: () => isUsed(clients.connections(), node.copies?.shardMs() ?? clock.wallMs()),
    async stop({ drainMs = 1000 } = {}) {
      timers.cancel(housekeeper);
      const closed = listener.close();
      for (const connection of clients.connections()) connection.closeAfterReply();
      const deadline = timers.after(drainMs, () => {
        for (const connection of clients.connections()) connection.closeNow();
      });
      await closed;
      timers.cancel(deadline);
    },
  };
}

const silent: IoHandler = { onData() {}, onDrain() {}, onClose() {} };
