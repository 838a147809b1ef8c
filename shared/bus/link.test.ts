import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxFrameBytes } from './frame.ts';
import { converse, drive, keyOf, newEnd, nodeIdentity, type End } from './test-links.ts';

const messageType = 40;

function openPair(): { caller: End; listener: End } {
  const caller = newEnd('caller', { identity: nodeIdentity('a'), keys: [keyOf(1)], target: 'b' });
  const listener = newEnd('listener', { identity: nodeIdentity('b'), keys: [keyOf(1)] });
  converse(caller, listener);
  return { caller, listener };
}

const send = (end: End, payload: Uint8Array): Uint8Array => drive(end, { type: 'send', frameType: messageType, payload })[0];
const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

describe('handshake', () => {
  it('lets both ends know each other', () => {
    const { caller, listener } = openPair();
    expect([caller.peer, listener.peer]).toEqual([nodeIdentity('b'), nodeIdentity('a')]);
  });

  it.each([
    ['another cluster', nodeIdentity('a', 'cluster-2'), [keyOf(1)], 'b', 'BUS_IDENTITY'],
    ['a wrong key', nodeIdentity('a'), [keyOf(2)], 'b', 'BUS_AUTH'],
    ['another pod at the address', nodeIdentity('a'), [keyOf(1)], 'c', 'BUS_TARGET'],
    ['a role that may not speak here', { ...nodeIdentity('a'), role: 'operator' }, [keyOf(1)], 'b', 'BUS_AUTH'],
  ] as const)('refuses %s at both ends', (_what, identity, keys, target, code) => {
    const caller = newEnd('caller', { identity, keys: [keys[0]], target });
    const listener = newEnd('listener', { identity: nodeIdentity('b'), keys: [keyOf(1)], acceptRoles: ['node'] });
    converse(caller, listener);
    expect([caller.closedBy, listener.closedBy]).toEqual([code, code]);
    expect([caller.peer, listener.peer]).toEqual([undefined, undefined]);
  });

  it.each([
    ['the caller has the new key already', [keyOf(2), keyOf(1)], [keyOf(1)]],
    ['the listener has the new key already', [keyOf(1)], [keyOf(2), keyOf(1)]],
  ] as const)('goes on while a key is rotated: %s', (_what, callerKeys, listenerKeys) => {
    const caller = newEnd('caller', { identity: nodeIdentity('a'), keys: [...callerKeys] });
    const listener = newEnd('listener', { identity: nodeIdentity('b'), keys: [...listenerKeys] });
    converse(caller, listener);
    expect([caller.peer?.pod, listener.peer?.pod]).toEqual(['b', 'a']);
  });

  it.each([
    ['N and N+1', { min: 1, max: 1 }, { min: 1, max: 2 }, 1],
    ['N+1 and N+1', { min: 1, max: 2 }, { min: 1, max: 2 }, 2],
    ['N+1 and N+2', { min: 1, max: 2 }, { min: 2, max: 3 }, 2],
  ] as const)('speaks the highest version that both have, whoever calls: %s', (_what, older, newer, wanted) => {
    for (const [callers, listeners] of [[older, newer], [newer, older]] as const) {
      const caller = newEnd('caller', { identity: nodeIdentity('a'), keys: [keyOf(1)], versions: callers });
      const listener = newEnd('listener', { identity: nodeIdentity('b'), keys: [keyOf(1)], versions: listeners });
      converse(caller, listener);
      expect([caller.version, listener.version]).toEqual([wanted, wanted]);
    }
  });

  it('is refused at both ends where no version is shared', () => {
    const caller = newEnd('caller', { identity: nodeIdentity('a'), keys: [keyOf(1)], versions: { min: 3, max: 4 } });
    const listener = newEnd('listener', { identity: nodeIdentity('b'), keys: [keyOf(1)], versions: { min: 1, max: 2 } });
    converse(caller, listener);
    expect([caller.closedBy, listener.closedBy, caller.peer, listener.peer]).toEqual(['BUS_PROTOCOL', 'BUS_PROTOCOL', undefined, undefined]);
  });

  it('does not take a recorded conversation for a member', () => {
    const recorded: Uint8Array[] = [];
    const caller = newEnd('caller', { identity: nodeIdentity('a'), keys: [keyOf(1)] });
    const first = newEnd('listener', { identity: nodeIdentity('b'), keys: [keyOf(1)] });
    let toListener = drive(caller, { type: 'start' });
    while (toListener.length > 0) {
      recorded.push(...toListener);
      toListener = toListener.flatMap((bytes) => drive(first, { type: 'bytes', bytes })).flatMap((bytes) => drive(caller, { type: 'bytes', bytes }));
    }
    const second = newEnd('listener', { identity: nodeIdentity('b'), keys: [keyOf(1)] });
    (second.link.options.nonce as Uint8Array).fill(0x99);
    for (const bytes of recorded) drive(second, { type: 'bytes', bytes });
    expect([first.peer?.pod, second.peer, second.closedBy]).toEqual(['a', undefined, 'BUS_AUTH']);
  });

  it('sends our own proof back to us in vain', () => {
    const listener = newEnd('listener', { identity: nodeIdentity('b'), keys: [keyOf(1)] });
    const caller = newEnd('caller', { identity: nodeIdentity('a'), keys: [keyOf(2)] });
    const [hello] = drive(newEnd('caller', { identity: nodeIdentity('a'), keys: [keyOf(1)] }), { type: 'start' });
    const [challenge] = drive(listener, { type: 'bytes', bytes: hello });
    drive(caller, { type: 'start' });
    drive(caller, { type: 'bytes', bytes: challenge });
    expect(caller.closedBy).toBe('BUS_AUTH');
  });

  it('never opens for bytes of a stranger, whatever they are, and holds no more than one small frame', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (chunks) => {
        const listener = newEnd('listener', { identity: nodeIdentity('b'), keys: [keyOf(1)] });
        for (const bytes of chunks) drive(listener, { type: 'bytes', bytes });
        expect(listener.peer).toBeUndefined();
        expect(listener.link.reader.held.length).toBeLessThanOrEqual(2048);
      }),
    );
  });

  it('never opens when one bit of the conversation is flipped', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 7 }), fc.nat({ max: 3 }), (at, bit, turn) => {
        const caller = newEnd('caller', { identity: nodeIdentity('a'), keys: [keyOf(1)] });
        const listener = newEnd('listener', { identity: nodeIdentity('b'), keys: [keyOf(1)] });
        let inFlight = drive(caller, { type: 'start' });
        for (let i = 0; inFlight.length > 0; i++) {
          if (i === turn) inFlight[0][at % inFlight[0].length] ^= 1 << bit;
          const receiver = i % 2 === 0 ? listener : caller;
          inFlight = inFlight.flatMap((bytes) => drive(receiver, { type: 'bytes', bytes }));
        }
        const end = turn % 2 === 0 ? listener : caller;
        // A flip in a length may leave the end waiting for bytes that never come: the shell's time-out closes it.
        expect(end.peer).toBeUndefined();
        expect([undefined, 'BUS_PROTOCOL', 'BUS_AUTH']).toContain(end.closedBy);
      }),
    );
  });
});

describe('session', () => {
  it('carries every payload in order, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { minLength: 1, maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 40 }), (payloads, cuts) => {
        const { caller, listener } = openPair();
        const wire = joined(payloads.map((payload) => send(caller, payload)));
        for (let at = 0, i = 0; at < wire.length; i++) {
          const end = at + cuts[i % cuts.length];
          drive(listener, { type: 'bytes', bytes: wire.slice(at, end) });
          at = end;
        }
        expect(listener.inbox.map((frame) => [...frame.payload])).toEqual(payloads.map((payload) => [...payload]));
      }),
    );
  });

  it('shows large frames as they were sent until the next bytes come, though buffers are used again', () => {
    const { caller, listener } = openPair();
    const payloads = Array.from({ length: 12 }, (_, i) => new Uint8Array(17_000 + 9_000 * (i % 4)).fill(i + 1));
    const wire = Buffer.concat(payloads.map((payload) => send(caller, payload)));
    const seen: number[] = [];
    for (let at = 0; at < wire.length; at += 50_000) {
      const known = listener.inbox.length;
      drive(listener, { type: 'bytes', bytes: wire.subarray(at, at + 50_000) });
      for (const { payload } of listener.inbox.slice(known)) seen.push(payload.every((byte) => byte === payload[0]) ? payload[0] : -1);
    }
    expect(seen).toEqual(payloads.map((payload) => payload[0]));
  });

  it('B10: closes at a flipped bit and delivers nothing of that frame or after it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), fc.nat({ max: 7 }), (payload, at, bit) => {
        const { caller, listener } = openPair();
        const damaged = send(caller, payload);
        damaged[at % damaged.length] ^= 1 << bit;
        drive(listener, { type: 'bytes', bytes: damaged });
        drive(listener, { type: 'bytes', bytes: joined([send(caller, payload), new Uint8Array(maxFrameBytes / 64)]) });
        expect(listener.inbox).toEqual([]);
        expect([undefined, 'BUS_PROTOCOL']).toContain(listener.closedBy);
      }),
    );
  });

  it.each([
    ['repeated', (a: Uint8Array, b: Uint8Array) => [a, a, b], 1],
    ['out of turn', (a: Uint8Array, b: Uint8Array) => [b, a], 0],
    ['missing', (_a: Uint8Array, b: Uint8Array) => [b], 0],
  ] as const)('closes when a frame is %s', (_what, bend, delivered) => {
    const { caller, listener } = openPair();
    const frames = bend(send(caller, keyOf(3)), send(caller, keyOf(4)));
    for (const bytes of frames) drive(listener, { type: 'bytes', bytes });
    expect([listener.closedBy, listener.inbox.length]).toEqual(['BUS_PROTOCOL', delivered]);
  });

  it('does not take a frame of another session', () => {
    const one = openPair();
    const two = openPair();
    (one.caller.link.out.key as Uint8Array)[0] ^= 1;
    drive(two.listener, { type: 'bytes', bytes: send(one.caller, keyOf(3)) });
    expect(two.listener.closedBy).toBe('BUS_PROTOCOL');
  });

  it('does not take its own frames back', () => {
    const { caller } = openPair();
    drive(caller, { type: 'bytes', bytes: send(caller, keyOf(3)) });
    expect([caller.closedBy, caller.inbox.length]).toEqual(['BUS_PROTOCOL', 0]);
  });

  it('refuses a length beyond the limit before it holds any of it', () => {
    const { listener } = openPair();
    drive(listener, { type: 'bytes', bytes: Uint8Array.of(0xff, 0xff, 0xff, 0xff) });
    expect(listener.closedBy).toBe('BUS_PROTOCOL');
    expect(listener.link.reader.held.length).toBeLessThanOrEqual(4);
  });
});
