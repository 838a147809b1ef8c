import type { Connection } from './connection.ts';
import type { OutputPolicy } from './server-loop.ts';
import type { ServerLimits } from './settings/limits.ts';

/** Redis' output limits: a hard one, and a soft one that may be passed for a while. 0 switches a limit off. */
export function createOutputPolicy(limits: ServerLimits, buffersGrew: () => void, roomBytes: () => number): OutputPolicy {
  return {
    buffersGrew,
    roomBytes,
    exceeds(connection, nowMs) {
      const { hardBytes, softBytes, softSeconds } = limits.output[connection.session.clientClass];
      const pending = connection.pendingBytes;
      if (hardBytes > 0 && pending >= hardBytes) return true;
      if (softBytes === 0 || pending < softBytes) {
        connection.overSoftLimitSinceMs = 0;
        return false;
      }
      if (connection.overSoftLimitSinceMs === 0) connection.overSoftLimitSinceMs = nowMs;
      return nowMs - connection.overSoftLimitSinceMs > softSeconds * 1000;
    },
    mostReplyBytes({ clientClass, noEvict }) {
      const hardBytes = limits.output[clientClass].hardBytes || Number.MAX_SAFE_INTEGER;
      return noEvict || limits.allClientsBytes === 0 ? hardBytes : Math.min(hardBytes, limits.allClientsBytes);
    },
  };
}

/** What the buffers of clients hold, all together and one by one. */
export interface ClientMemory {
  readonly totalBytes: number;
  readonly holders: readonly { readonly connection: Connection; readonly bytes: number }[];
}

export function clientMemory(connections: Iterable<Connection>): ClientMemory {
  const holders: { readonly connection: Connection; readonly bytes: number }[] = [];
  let totalBytes = 0;
  for (const connection of connections) {
    const bytes = connection.bufferBytes;
    if (bytes === 0) continue;
    totalBytes += bytes;
    holders.push({ connection, bytes });
  }
  return { totalBytes, holders };
}

/**
 * Who has to go: those with the largest buffers first. Nobody who asked for CLIENT NO-EVICT, so that the buffers of all keep below `allClientsBytes` (maxmemory-clients);
 * then anybody, so that they keep below `hardBytes`, above which the container would be killed and nobody served.
 */
export function clientsOverLimit({ totalBytes, holders }: ClientMemory, { allClientsBytes }: ServerLimits, hardBytes: number): readonly Connection[] {
  const softBytes = allClientsBytes === 0 ? Infinity : allClientsBytes;
  if (totalBytes <= Math.min(softBytes, hardBytes)) return [];
  const chosen: Connection[] = [];
  let left = totalBytes;
  const sorted = holders.toSorted((a, b) => Number(a.connection.session.noEvict) - Number(b.connection.session.noEvict) || b.bytes - a.bytes);
  for (const { connection, bytes } of sorted) {
    if (left <= (connection.session.noEvict ? hardBytes : Math.min(softBytes, hardBytes))) break;
    left -= bytes;
    chosen.push(connection);
  }
  return chosen;
}

/** A throttled client of which the socket takes nothing for `stalledReaderMs` is gone for our purposes. */
export function hasStalled(connection: Connection, limits: ServerLimits, nowMs: number): boolean {
  if (!connection.throttled) {
    connection.stalledSinceMs = 0;
    return false;
  }
  const pending = connection.io.pendingBytes;
  if (connection.stalledSinceMs === 0 || pending < connection.stalledAtBytes) {
    connection.stalledSinceMs = nowMs;
    connection.stalledAtBytes = pending;
    return false;
  }
  return nowMs - connection.stalledSinceMs > limits.stalledReaderMs;
}
