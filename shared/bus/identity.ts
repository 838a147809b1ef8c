/** Who a process on the bus is. A pod's name says its place, its UID which pod object, the incarnation which memory (P5). */
export interface PeerIdentity {
  /** `node` may speak on the bus port, the others on the admin port only. */
  readonly role: 'node' | 'operator' | 'cli';
  readonly clusterUid: string;
  readonly pod: string;
  readonly podUid: string;
  /** 32 hex digits. */
  readonly incarnation: string;
}

/** 32 bytes each, newest first; the second is accepted while a key is being rotated. */
export type BusKeys = readonly [Uint8Array, ...Uint8Array[]];

/** What is wrong with the text of a bus-key file, or the 32 bytes that it holds. */
export function parseBusKey(text: string): Uint8Array | undefined {
  const hex = text.trim();
  return /^[0-9a-fA-F]{64}$/.test(hex) ? Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)) : undefined;
}
