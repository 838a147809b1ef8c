import type { TimerHandle } from '../../shared/ports/ports.ts';
import type { MoveEnvelope } from '../replication/moves/messages.ts';
import type { ChunkPool } from './chunk-pool.ts';
import type { Pace } from '../copies/pace.ts';

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

const idOf = ({ message }: MoveEnvelope): string => (message.type === 'open' || message.type === 'release' ? message.move.id : message.id);

/**
 * Messages about moves, those of one move in their order, chunks in turns of their own: many at once must not hold clients up, nor take all memory. Who waits is not held up by the
 * chunks of other moves: writes wait for a last part, and clients for a release.
 */
export function createInbox({ pace, pool, mostBytes, take, cancel }: InboxOptions): Inbox {
  const received: MoveEnvelope[] = [];
  let heldBytes = 0;
  /** Chunks, and behind them what came after them about their moves. The next chunk is taken when this is over. */
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

  function takeAt(place: number): void {
    const [envelope] = received.splice(place, 1);
    const { message } = envelope;
    take(envelope);
    if (message.type !== 'chunk') return;
    heldBytes -= message.bytes.length;
    pool.give(message.bytes);
  }

  /** The first chunk of a move whose last part is here, else the first of all; −1: none. */
  function nextChunk(): number {
    const final = received.find(isFinal);
    const id = final === undefined ? undefined : idOf(final);
    return received.findIndex((envelope) => envelope.message.type === 'chunk' && (id === undefined || envelope.message.id === id));
  }

  function takeNext(): void {
    for (let place = nextSmall(); place >= 0; place = nextSmall()) takeAt(place);
    if (received.length === 0) return;
    resting = pace.inOwnTurn(received.some(isFinal), () => {
      resting = undefined;
      const place = nextChunk();
      if (place >= 0) takeAt(place);
      takeNext();
    });
  }

  /** What is no chunk, and has none of its own move before it; −1: nothing. */
  function nextSmall(): number {
    return received.findIndex((envelope, place) => envelope.message.type !== 'chunk' && !received.slice(0, place).some((earlier) => idOf(earlier) === idOf(envelope)));
  }

  return {
    receive(envelope) {
      if (received.length === 0 && pace.isFree) return take(envelope);
      const own = kept(envelope);
      if (own === undefined) return;
      if (own.message.type !== 'chunk' && !received.some((earlier) => idOf(earlier) === idOf(own))) return take(own);
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
