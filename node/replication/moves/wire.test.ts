import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MoveMessage } from './messages.ts';
import { decodeMove, encodeMove } from './wire.ts';

const encode = (message: MoveMessage): Uint8Array => {
  const { head, bytes } = encodeMove({ fromShard: 0, toShard: 2, message });
  return Buffer.concat([head, bytes ?? Buffer.alloc(0)]);
};
const session = { epoch: 3, count: 7 };
const move = { id: 'abc', from: 1, to: 9, source: 0, target: 2 };
const messages: readonly MoveMessage[] = [
  { type: 'open', move, session }, { type: 'ready', id: 'abc', session }, { type: 'refuse', id: 'abc', session, reason: 'full' }, { type: 'chunk', id: 'abc', session, index: 4, acked: 2, final: true, bytes: Buffer.of(0, 1, 255) },
  { type: 'taken', id: 'abc', session, next: 5 }, { type: 'lost', id: 'abc', session }, { type: 'release', move, generation: 9, session }, { type: 'release', move, generation: 9, session: undefined }, { type: 'opened', id: 'abc' },
  { type: 'abandon', id: 'abc', session }, { type: 'still', id: 'abc', session },
];

describe('messages about moves', () => {
  it('come out as they went in', () => {
    for (const message of messages) expect(decodeMove(encode(message))).toEqual({ fromShard: 0, toShard: 2, message: message.type === 'chunk' ? message : (JSON.parse(JSON.stringify(message)) as unknown) });
  });

  it('that are not well formed are refused, whatever they are', () => {
    const encoded = messages.map(encode);
    fc.assert(fc.property(fc.constantFrom(...encoded), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }), fc.nat(400), (bytes, edits, cut) => {
      const broken = bytes.slice(0, cut);
      for (const [at, value] of edits) if (at < broken.length) broken[at] = value;
      try {
        expect(typeof decodeMove(broken).message.type).toBe('string');
      } catch (error) {
        expect((error as Error).constructor.name).toBe('MoveWireError');
      }
    }), { numRuns: 500 });
  });
});
