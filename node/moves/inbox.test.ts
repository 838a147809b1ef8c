import { describe, expect, it } from 'vitest';
import type { MoveEnvelope } from '../replication/moves/messages.ts';
import { ChunkPool } from './chunk-pool.ts';
import { createInbox } from './inbox.ts';

const chunk = (index: number, final = false, id = 'm'): MoveEnvelope => ({ fromShard: 0, toShard: 1, message: { type: 'chunk', id, session: { epoch: 1, count: 1 }, index, acked: 0, final, bytes: Buffer.alloc(10_000, index) } });
const opened = (id: string): MoveEnvelope => ({ fromShard: 0, toShard: 1, message: { type: 'opened', id } });
const shown = ({ message }: MoveEnvelope): unknown => (message.type === 'chunk' ? `${message.id}${message.index}` : message.type);

/** An inbox whose turns come when they are given. */
function slowInbox(mostBytes: number) {
  const turns: (() => void)[] = [];
  const taken: MoveEnvelope[] = [];
  const seen: number[] = [];
  const inbox = createInbox({
    pace: { isFree: false, inOwnTurn: (_urgent, work) => void turns.push(work) }, pool: new ChunkPool(20_000, () => 40_000), mostBytes: () => mostBytes, cancel: () => undefined,
    take(envelope) {
      taken.push(envelope);
      if (envelope.message.type === 'chunk') seen.push(envelope.message.bytes[0]);
    },
  });
  return { inbox, taken, seen, turn: () => turns.shift()?.() };
}

describe('messages that wait for their turn', () => {
  it('hold no more bytes than they may, however much is sent, and no chunk is taken for another', () => {
    const { inbox, seen, turn } = slowInbox(45_000);
    for (let i = 0; i < 100; i++) inbox.receive(chunk(i));
    expect(inbox.heldBytes).toBe(40_000);
    turn();
    turn();
    for (let i = 100; i < 200; i++) inbox.receive(chunk(i));
    for (let i = 0; i < 100; i++) turn();
    expect(seen).toEqual([0, 1, 2, 3, 100, 101]);
    expect(inbox.heldBytes).toBe(0);
  });

  it('come in their order, and the last part of a move always', () => {
    const { inbox, taken, turn } = slowInbox(10_000);
    for (const envelope of [chunk(0), opened('m'), chunk(1), chunk(2, true)]) inbox.receive(envelope);
    expect(taken).toEqual([]);
    for (let i = 0; i < 3; i++) turn();
    expect(taken.map(shown)).toEqual(['m0', 'opened', 'm2']);
  });

  it('do not wait for chunks of other moves: neither a last part, with what comes before it, nor what is no chunk', () => {
    const { inbox, taken, turn } = slowInbox(1_000_000);
    for (const envelope of [chunk(0), chunk(1), chunk(0, false, 'n'), chunk(1, true, 'n'), opened('n'), opened('o'), opened('m')]) inbox.receive(envelope);
    expect(taken.map(shown)).toEqual(['opened']);
    for (let i = 0; i < 4; i++) turn();
    expect(taken.slice(1).map(shown)).toEqual(['n0', 'n1', 'opened', 'm0', 'm1', 'opened']);
    expect(inbox.heldBytes).toBe(0);
  });
});
