/** What the connection loop enforces; CONFIG SET changes it in place. */
export interface ServerLimits {
  maxClients: number;
  maxBulkBytes: number;
  /** Seconds without a command after which a normal client is closed; 0: never. */
  idleTimeoutSeconds: number;
  keepAliveSeconds: number;
  /** Milliseconds that a client may leave output untaken above the throttle mark before it is cut off. */
  stalledReaderMs: number;
  /** Buffers of all clients together above which those with the largest are closed; 0: no limit. */
  allClientsBytes: number;
  /** Where this is not 0, `allClientsBytes` is such a share of the data limit. */
  allClientsPercent: number;
  output: Record<'normal' | 'replica' | 'pubsub', OutputLimit>;
}

export interface OutputLimit {
  readonly hardBytes: number;
  readonly softBytes: number;
  readonly softSeconds: number;
}

const mb = 1024 * 1024;

/** A quarter of the data limit, which is about what the container's limit leaves beside data and program; never so little that ordinary use meets it. */
export const allClientsBytesFor = (dataBytes: number): number => Math.max(64 * mb, Math.floor(dataBytes / 4));

/** Beside the quarter of the data limit that the container has for it. */
const spareRoomBytes = 16 * mb;

/** What the container has left for clients' buffers and for the command that runs: theirs is committed already. The rest of its head-room is the process's own. */
export const workingRoomBytes = ({ limitBytes, committedBytes }: { readonly limitBytes: number; readonly committedBytes: number }): number => (limitBytes === 0 ? Infinity : limitBytes * 1.25 + spareRoomBytes - committedBytes);

export function defaultLimits(): ServerLimits {
  return {
    maxClients: 10_000,
    maxBulkBytes: 512 * mb,
    idleTimeoutSeconds: 0,
    keepAliveSeconds: 300,
    stalledReaderMs: 20_000,
    allClientsBytes: 256 * mb,
    allClientsPercent: 0,
    output: {
      normal: { hardBytes: 256 * mb, softBytes: 64 * mb, softSeconds: 60 },
      replica: { hardBytes: 256 * mb, softBytes: 64 * mb, softSeconds: 60 },
      pubsub: { hardBytes: 32 * mb, softBytes: 8 * mb, softSeconds: 60 },
    },
  };
}
