import type { Connection } from './connection.ts';
import type { OutputPolicy } from './server-loop.ts';
import type { ServerLimits } from './settings/limits.ts';

/** Redis' output limits: a hard one, and a soft one that may be passed for a while. 0 switches a limit off. */
export function createOutputPolicy(limits: ServerLimits, buffersGrew: () => void): OutputPolicy {
  return {
    buffersGrew,
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
  /** Those that may be closed to free memory: nobody who asked for CLIENT NO-EVICT. */
  readonly holders: readonly { readonly connection: Connection; readonly bytes: number }[];
}

export function clientMemory(connections: Iterable<Connection>): ClientMemory {
  const holders: { readonly connection: Connection; readonly bytes: number }[] = [];
  let totalBytes = 0;
  for (const connection of connections) {
    const bytes = connection.bufferBytes;
    if (bytes === 0) continue;
    totalBytes += bytes;
    if (!connection.session.noEvict) holders.push({ connection, bytes });
  }
  return { totalBytes, holders };
}

/** Who has to go so that the buffers of all clients keep below `allClientsBytes` (maxmemory-clients): those with the largest first. */
export function clientsOverLimit({ totalBytes, holders }: ClientMemory, { allClientsBytes }: ServerLimits): readonly Connection[] {
  if (allClientsBytes === 0 || totalBytes <= allClientsBytes) return [];
  const chosen: Connection[] = [];
  let left = totalBytes;
  for (const { connection, bytes } of holders.toSorted((a, b) => b.bytes - a.bytes)) {
    if (left <= allClientsBytes) break;
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
