import { assertNever } from '../assert/never.ts';
import { errorTable, type ErrorCode } from '../errors/table.ts';
import { MeridianError } from '../errors/meridian-error.ts';
import { busProtocol, encodeFrame, maxFrameBytes, newLane, newReader, readFrames, type Bulk, type Frame, type FrameLane, type FrameReader } from './frame.ts';
import { encodeJson, parseRejection } from './greeting.ts';
import { answerHello, callerProof, checkChallenge, makeHello, requireCallerProof, sessionKeys, type Agreed, type HandshakeOptions } from './handshake.ts';
import type { PeerIdentity } from './identity.ts';

/**
 * One end of a bus connection as a state machine over bytes: no sockets, no clock. The shell feeds what came from the wire
 * and carries out the effects in order. After a `close` effect every further event has no effect.
 */
export type LinkEvent =
  | { readonly type: 'start' }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'send'; readonly frameType: number; readonly payload: Uint8Array; readonly bulk?: Bulk };

export type LinkEffect =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  | { readonly type: 'established'; readonly peer: PeerIdentity; readonly version: number }
  | { readonly type: 'frame'; readonly frame: Frame }
  | { readonly type: 'close'; readonly error: MeridianError };

type Phase =
  | { readonly name: 'awaitHello' }
  | { readonly name: 'awaitChallenge'; readonly hello: Uint8Array }
  | { readonly name: 'awaitProof'; readonly agreed: Agreed }
  | { readonly name: 'awaitReady'; readonly agreed: Agreed }
  | { readonly name: 'open' }
  | { readonly name: 'closed' };

export interface Link {
  readonly side: 'caller' | 'listener';
  readonly options: HandshakeOptions;
  readonly reader: FrameReader;
  readonly out: FrameLane;
  phase: Phase;
}

const handshakeVersion = 1;
const frameTypes = { hello: 1, challenge: 2, proof: 3, ready: 4, rejection: 5 } as const;
/** Frame types below this one belong to the handshake. */
export const firstSessionFrameType = 16;

export function newLink(side: Link['side'], options: HandshakeOptions): Link {
  return { side, options, reader: newReader(handshakeVersion), out: newLane(handshakeVersion), phase: { name: 'awaitHello' } };
}

export function stepLink(link: Link, event: LinkEvent): readonly LinkEffect[] {
  if (link.phase.name === 'closed') return [];
  const effects: LinkEffect[] = [];
  try {
    applyEvent(link, event, effects);
  } catch (error) {
    fail(link, error instanceof MeridianError ? error : busProtocol('unexpected content'), effects);
  }
  return effects;
}

function applyEvent(link: Link, event: LinkEvent, effects: LinkEffect[]): void {
  switch (event.type) {
    case 'start': {
      if (link.side !== 'caller') return;
      const hello = makeHello(link.options);
      link.phase = { name: 'awaitChallenge', hello };
      write(link, frameTypes.hello, hello, effects);
      return;
    }
    case 'bytes':
      readFrames(link.reader, event.bytes, (frame) => {
        takeFrame(link, frame, effects);
        return link.phase.name !== 'closed';
      });
      return;
    case 'send':
      if (link.phase.name === 'open') write(link, event.frameType, event.payload, effects, event.bulk);
      return;
    default:
      assertNever(event, 'link event');
  }
}

function takeFrame(link: Link, frame: Frame, effects: LinkEffect[]): void {
  const { phase } = link;
  if (phase.name === 'open') {
    if (frame.type < firstSessionFrameType) throw busProtocol(`frame of type ${frame.type} in an open session`);
    effects.push({ type: 'frame', frame });
  } else if (phase.name === 'awaitHello' && frame.type === frameTypes.hello && link.side === 'listener') {
    const { payload, agreed } = answerHello(link.options, frame.payload);
    link.phase = { name: 'awaitProof', agreed };
    write(link, frameTypes.challenge, payload, effects);
  } else if (phase.name === 'awaitChallenge' && frame.type === frameTypes.challenge) {
    const agreed = checkChallenge(link.options, phase.hello, frame.payload);
    write(link, frameTypes.proof, callerProof(agreed), effects);
    useKeys(link, agreed);
    link.phase = { name: 'awaitReady', agreed };
  } else if (phase.name === 'awaitProof' && frame.type === frameTypes.proof) {
    requireCallerProof(phase.agreed, frame.payload);
    useKeys(link, phase.agreed);
    write(link, frameTypes.ready, new Uint8Array(0), effects);
    open(link, phase.agreed, effects);
  } else if (phase.name === 'awaitReady' && frame.type === frameTypes.ready) {
    open(link, phase.agreed, effects);
  } else if (frame.type === frameTypes.rejection && link.side === 'caller') {
    throw rejectionError(frame.payload);
  } else {
    throw busProtocol(`frame of type ${frame.type} while ${phase.name}`);
  }
}

function open(link: Link, agreed: Agreed, effects: LinkEffect[]): void {
  link.phase = { name: 'open' };
  link.reader.maxBytes = maxFrameBytes;
  effects.push({ type: 'established', peer: agreed.peer, version: agreed.version });
}

function useKeys(link: Link, agreed: Agreed): void {
  const keys = sessionKeys(agreed);
  const [ours, theirs] = link.side === 'caller' ? [keys.fromCaller, keys.fromListener] : [keys.fromListener, keys.fromCaller];
  link.out.key = ours;
  link.out.version = agreed.version;
  link.reader.lane.key = theirs;
  link.reader.lane.version = agreed.version;
}

function write(link: Link, type: number, payload: Uint8Array, effects: LinkEffect[], bulk?: Bulk): void {
  effects.push({ type: 'write', bytes: encodeFrame(link.out, type, payload, bulk) });
}

/** A caller that is refused is told why, so that its log names the cause. It proves nothing, so nothing else rests on it. */
function fail(link: Link, error: MeridianError, effects: LinkEffect[]): void {
  const greeting = link.phase.name === 'awaitHello' || link.phase.name === 'awaitProof';
  if (link.side === 'listener' && greeting) write(link, frameTypes.rejection, encodeJson({ code: error.code, details: error.details }), effects);
  link.phase = { name: 'closed' };
  effects.push({ type: 'close', error });
}

function rejectionError(payload: Uint8Array): MeridianError {
  const { code, details } = parseRejection(payload);
  if (!Object.hasOwn(errorTable, code)) return busProtocol('refused for an unknown reason');
  // Seen from here, what the listener calls theirs is ours.
  const seenFromHere = code === 'BUS_IDENTITY' ? { theirs: details.ours, ours: details.theirs } : details;
  return new MeridianError(code as ErrorCode, seenFromHere);
}
