import { newLink, stepLink, type Link, type LinkEffect, type LinkEvent } from './link.ts';
import type { BusKeys, PeerIdentity } from './identity.ts';
import type { Frame } from './frame.ts';
import type { VersionRange } from './versions.ts';

/** Two ends of a conversation for tests: identities, keys and a wire that tests may bend. */
export const keyOf = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

export function nodeIdentity(pod: string, clusterUid = 'cluster-1'): PeerIdentity {
  return { role: 'node', clusterUid, pod, podUid: `uid-${pod}`, incarnation: pod.padEnd(32, '0') };
}

export interface End {
  readonly link: Link;
  readonly inbox: Frame[];
  peer?: PeerIdentity;
  version?: number;
  closedBy?: string;
}

interface EndOptions {
  readonly identity: PeerIdentity;
  readonly keys: BusKeys;
  readonly target?: string;
  readonly acceptRoles?: readonly PeerIdentity['role'][];
  readonly versions?: VersionRange;
}

export function newEnd(side: Link['side'], options: EndOptions): End {
  return { link: newLink(side, { ...options, nonce: keyOf(side === 'caller' ? 0xca : 0x15) }), inbox: [] };
}

/** Steps one end and takes the effects' consequences for it; answers the bytes that it wrote. */
export function drive(end: End, event: LinkEvent): Uint8Array[] {
  return stepLink(end.link, event).flatMap((effect) => settle(end, effect));
}

function settle(end: End, effect: LinkEffect): Uint8Array[] {
  if (effect.type === 'write') return [effect.bytes];
  if (effect.type === 'frame') end.inbox.push({ type: effect.frame.type, payload: effect.frame.payload.slice() });
  else if (effect.type === 'established') [end.peer, end.version] = [effect.peer, effect.version];
  else end.closedBy = effect.error.code;
  return [];
}

/** Carries bytes to and fro until both are silent. */
export function converse(caller: End, listener: End): void {
  let toListener = drive(caller, { type: 'start' });
  while (toListener.length > 0) {
    const toCaller = toListener.flatMap((bytes) => drive(listener, { type: 'bytes', bytes }));
    toListener = toCaller.flatMap((bytes) => drive(caller, { type: 'bytes', bytes }));
  }
}
