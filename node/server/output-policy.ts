import type { Connection } from './connection.ts';
import type { OutputPolicy } from './server-loop.ts';
import type { ServerLimits } from './settings/limits.ts';

/** Redis' output limits: a hard one, and a soft one that may be passed for a while. 0 switches a limit off. */
export function createOutputPolicy(limits: ServerLimits): OutputPolicy {
  return {
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
  };
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
