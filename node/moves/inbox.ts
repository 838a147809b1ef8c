import type { TimerHandle } from '../../shared/ports/ports.ts';
import type { MoveEnvelope } from '../replication/moves/messages.ts';
import type { ChunkPool } from './chunk-pool.ts';
import type { Pace } from './pace.ts';

/** Messages other than chunks are small; so many more of them than anybody sends are lost, which the protocol expects. */
const mostMessages = 4_096;

export interface InboxOptions {
  readonly pace: Pick<Pace, 'inOwnTurn' | 'isFree'>;
  readonly pool: ChunkPool;
  /** Chunks beyond so many bytes are lost: their sources send them again, more slowly. */
  readonly mostBytes: () => number;
  readonly take: (envelope: MoveEnvelope) => void;
  readonly cancel: (timer: TimerHandle | undefined) => void;
}

export interface Inbox {
  /** A chunk is a view of what the bus uses again. */
  receive(envelope: MoveEnvelope): void;
  readonly heldBytes: number;
}

const isFinal = ({ message }: MoveEnvelope): boolean => message.type === 'chunk' && message.final;

/** Messages about moves in their order, chunks in turns of their own: many at once must not hold clients up, nor take all memory. */
export function createInbox({ pace, pool, mostBytes, take, cancel }: InboxOptions): Inbox {
  const received: MoveEnvelope[] = [];
  let heldBytes = 0;
  /** The next chunk is taken when this is over. */
  let resting: TimerHandle | undefined;

  /** Undefined: no room. */
  function kept(envelope: MoveEnvelope): MoveEnvelope | undefined {
    const { message } = envelope;
    if (message.type !== 'chunk') return received.length < mostMessages ? envelope : undefined;
    // Writes wait for a last part: it is small, and what it needs before it is here or was lost.
    if (!message.final && heldBytes > 0 && heldBytes + message.bytes.length > mostBytes()) return undefined;
    heldBytes += message.bytes.length;
    return { ...envelope, message: { ...message, bytes: pool.copyOf(message.bytes) } };
  }

  function takeFirst(): void {
    const envelope = received.shift() as MoveEnvelope;
    const { message } = envelope;
    take(envelope);
    if (message.type !== 'chunk') return;
    heldBytes -= message.bytes.length;
    pool.give(message.bytes);
  }

  function takeNext(): void {
    while (received.length > 0) {
      if (received[0].message.type === 'chunk') {
        resting = pace.inOwnTurn(received.some(isFinal), () => {
          resting = undefined;
          takeFirst();
          takeNext();
        });
        return;
      }
      takeFirst();
    }
  }

  return {
    receive(envelope) {
      if (received.length === 0 && pace.isFree) return take(envelope);
      const own = kept(envelope);
      if (own === undefined) return;
      received.push(own);
      if (received.length === 1) return takeNext();
      if (resting === undefined || !isFinal(own)) return;
      // Writes wait for it at the source.
      cancel(resting);
      resting = undefined;
      takeNext();
    },
    get heldBytes() {
      return heldBytes;
    },
  };
}
