import { Redis } from 'ioredis';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import { createHistory, type History, type Operation } from '../sim/check/history.ts';

/** Real clients over real sockets that keep a history: one operation at a time each, unique values, no retries behind their back. */
export interface HistoryClients {
  readonly history: History;
  /** Stops after the operations under way; then reads every key once more. */
  finish(): Promise<void>;
}

/** A port on loopback, or `host:port`. */
export type Place = number | string;

export interface ClientsOptions {
  /** Where the nodes' Redis ports are; asked again at every redirection. */
  readonly ports: () => readonly Place[];
  readonly password?: string;
  /** Where an announced `host:port` is reached from here; default: there. */
  readonly reach?: (address: string) => string;
  readonly clients: number;
  readonly keys: readonly string[];
  /** How long an answer is waited for, milliseconds; then the client tries another node. */
  readonly patienceMs?: number;
}

const defaultPatienceMs = 3_000;
const pauseMs = 5;

function addressOf(place: Place, reach: ClientsOptions['reach']): { readonly host: string; readonly port: number } {
  if (typeof place === 'number') return { host: '127.0.0.1', port: place };
  const address = reach?.(place) ?? place;
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Keys of one shard of `shards` evenly split ones. */
export function keysOfShard(shard: number, shards: number, count: number, prefix = 'key'): readonly string[] {
  const keys: string[] = [];
  for (let i = 0; keys.length < count; i++) if (Math.floor((slotOfKey(Buffer.from(`${prefix}-${i}`)) * shards) / 16_384) === shard) keys.push(`${prefix}-${i}`);
  return keys;
}

export function startHistoryClients(options: ClientsOptions): HistoryClients {
  const history = createHistory(() => performance.now());
  const patienceMs = options.patienceMs ?? defaultPatienceMs;
  let running = true;
  let written = 0;
  const everyone = Array.from({ length: options.clients }, (_, client) => run(client));

  async function run(client: number): Promise<void> {
    const connections = new Map<Place, Redis>();
    const state = { port: options.ports()[client % options.ports().length] };
    while (running) {
      await once(client, connections, state, options.keys[Math.floor(Math.random() * options.keys.length)], Math.random() < 0.5 ? 'write' : 'read');
      await sleep(Math.random() * pauseMs);
    }
    for (const one of connections.values()) one.disconnect();
  }

  const another = (port: Place): Place => {
    const others = options.ports().filter((one) => one !== port);
    return others[Math.floor(Math.random() * others.length)] ?? port;
  };

  async function once(client: number, connections: Map<Place, Redis>, state: { port: Place }, key: string, kind: 'write' | 'read'): Promise<boolean> {
    const operation = history.call({ client, key, kind, value: kind === 'write' ? `v${++written}` : undefined });
    let connection = connections.get(state.port);
    if (connection === undefined || connection.status !== 'ready') {
      connection?.disconnect();
      connections.delete(state.port);
      connection = new Redis({ ...addressOf(state.port, options.reach), password: options.password, lazyConnect: true, enableReadyCheck: false, enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => null, connectTimeout: patienceMs, commandTimeout: patienceMs });
      connection.on('error', () => undefined);
      try {
        await connection.connect();
      } catch {
        // Nothing was sent.
        connection.disconnect();
        history.done(operation, 'failed');
        state.port = another(state.port);
        return false;
      }
      connections.set(state.port, connection);
    }
    return perform(connection, operation, state);
  }

  async function perform(connection: Redis, operation: Operation, state: { port: Place }): Promise<boolean> {
    try {
      if (operation.kind === 'write') await connection.set(operation.key, operation.value as string);
      const value = operation.kind === 'read' ? ((await connection.get(operation.key)) ?? undefined) : undefined;
      history.done(operation, 'ok', { value, answeredBy: String(state.port) });
      return true;
    } catch (error) {
      const moved = /^MOVED \d+ (.*:(\d+))$/.exec((error as Error).message);
      // An error reply says that nothing was done, and what was not sent was not done; anything else leaves the outcome open.
      if (/^(MOVED|CLUSTERDOWN|NOREPLICAS|LOADING|Stream isn't writeable)/.test((error as Error).message)) history.done(operation, 'failed');
      else {
        operation.reason = `asked ${state.port}: ${(error as Error).message}`;
        connection.disconnect();
      }
      state.port = moved === null ? another(state.port) : typeof state.port === 'number' ? Number(moved[2]) : moved[1];
      return false;
    }
  }

  return {
    history,
    async finish() {
      running = false;
      await Promise.all(everyone);
      const connections = new Map<Place, Redis>();
      const state = { port: options.ports()[0] };
      for (const key of options.keys) while (!(await once(options.clients, connections, state, key, 'read'))) await sleep(20);
      for (const one of connections.values()) one.disconnect();
    },
  };
}
