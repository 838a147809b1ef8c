import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShardConfig } from './config.ts';
import { kept, type Envelope, type Message } from './messages.ts';
import { decodeEnvelope, encodeEnvelope, WireError } from './wire.ts';

const config: ShardConfig = { resourceVersion: '7', leaseUid: 'u', epoch: 3, revision: 9, primary: 'a-0', isr: ['a-0', 'a-1'], incarnations: { 'a-0': '1', 'a-1': '2' }, podUids: {}, witness: undefined, unopened: 'members', nonce: 'n' };
const at = { epoch: 3, seq: 41 };
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** A Buffer has told JSON.stringify what it is before it can be asked. */
const isBytes = (value: unknown): boolean => value instanceof Uint8Array || (value as { readonly type?: unknown } | null)?.type === 'Buffer';
const packed = bytes(0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0);
const ends = { from: 'a-0', fromIncarnation: '1', to: 'a-1' };
/** As it lies in a frame. */
const encoded = (message: Message): Uint8Array => {
  const { head, bulk } = encodeEnvelope(envelope(message));
  return Buffer.concat([head, bulk === undefined ? bytes() : bulk.bytes.subarray(bulk.start, bulk.end)]);
};

const messages: readonly Message[] = [
  { type: 'heartbeat', id: 1, commit: 40, tail: at, shardMs: 1.5, revision: 2 },
  { type: 'heartbeat-ack', id: 1, last: at },
  { type: 'units', previous: at, commit: 40, shardMs: 2, units: { bytes: packed, start: 0, end: packed.length, epoch: 3, count: 2 } },
  { type: 'units-ack', last: at, gap: false },
  { type: 'new-epoch', config, tail: at, lineage: [{ epoch: 3, firstSeq: 1 }] },
  { type: 'new-epoch-ack', last: at },
  { type: 'join', last: at, podUid: 'x' },
  { type: 'join', last: at, podUid: 'x', succeeds: 'ab' },
  { type: 'snapshot-begin', snapshot: 2 },
  { type: 'snapshot-chunk', snapshot: 2, index: 0, bytes: bytes(9, 8, 7) },
  { type: 'snapshot-ack', snapshot: 2, index: 0 },
  { type: 'snapshot-end', snapshot: 2, chunks: 1, position: at, lineage: [] },
  { type: 'resign', last: at, successor: 'a-1' },
  { type: 'witness-query', epoch: 4, fence: true },
  { type: 'witness-silence', epoch: 4, fenced: true, silentMs: 3.25 },
  { type: 'stale', config },
];
const envelope = (message: Message): Envelope => ({ shard: 1, epoch: 3, from: 'a-0', fromIncarnation: '1', to: 'a-1', toIncarnation: '2', message });

describe('envelopes on the bus', () => {
  it.each(messages.map((message) => [message.type, message] as const))('carry %s there and back', (_type, message) => {
    const frame = encoded(message);
    const there = kept(decodeEnvelope(frame, ends));
    // Buffers of frames are used again.
    frame.fill(0);
    const plain = (one: Envelope): unknown => JSON.parse(JSON.stringify(one, (_key, value: unknown) => (isBytes(value) ? [...Buffer.from(value as Uint8Array)] : value)));
    expect(plain(there)).toEqual(plain(envelope(message)));
  });

  it('are refused when they are cut anywhere', () => {
    for (const message of messages) {
      const whole = encoded(message);
      for (let length = 0; length < whole.length; length++) {
        // A chunk's bytes may end anywhere: the frame around it says how long it is.
        if (message.type === 'snapshot-chunk' && length >= whole.length - 3) continue;
        expect(() => decodeEnvelope(whole.subarray(0, length), ends), `${message.type} cut at ${length}`).toThrow(WireError);
      }
    }
  });

  it('are refused in another version of the protocol', () => {
    for (const message of messages) {
      const whole = encoded(message).slice();
      whole[0] = 9;
      expect(() => decodeEnvelope(whole, ends)).toThrow(/version 9/);
    }
  });

  it('are refused when they say that another member sent them', () => {
    const message = messages[0];
    expect(() => decodeEnvelope(encoded(message), { ...ends, from: 'a-2' })).toThrow(WireError);
    expect(() => decodeEnvelope(encoded(message), { ...ends, fromIncarnation: '9' })).toThrow(WireError);
  });

  it('never do worse than throw WireError on any bytes', () => {
    const refuses = (input: Uint8Array): boolean => {
      try {
        decodeEnvelope(input, ends);
        return true;
      } catch (error) {
        return error instanceof WireError;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), refuses));
    fc.assert(
      fc.property(fc.constantFrom(...messages), fc.nat(), fc.integer({ min: 1, max: 255 }), (message, place, flip) => {
        const whole = encoded(message).slice();
        whole[place % whole.length] ^= flip;
        return refuses(whole);
      }),
    );
  });
});
