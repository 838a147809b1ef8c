import { crc32 } from 'node:zlib';

/**
 * A snapshot of a shard on its volume:
 *
 *   magic 8 │ block*          block: kind u8 │ length u32 │ crc u32 │ body
 *
 * Kinds: head (JSON, first), operations (copies/unit-format.ts), end (JSON, last; nothing follows). The CRC-32 of a block covers its kind, length and body and begins with that
 * of the block before it: a block that is cut, changed, missing, doubled or of another file does not fit. All numbers big endian.
 */
export const magic: Buffer = Buffer.from('MRDNSNP1', 'latin1');
export const blockKind = { head: 1, operations: 2, end: 3 } as const;
export type BlockKind = (typeof blockKind)[keyof typeof blockKind];
export const blockHeadBytes = 9;
/** One entry of the largest size fits; a longer length is a damaged one. */
export const mostBlockBytes = 1024 * 1024 * 1024;

export interface SnapshotHead {
  readonly formatVersion: 1;
  /** 32 hex digits; the shard's Lease names the one that counts. */
  readonly id: string;
  readonly clusterUid: string;
  readonly region: string;
  readonly shard: number;
  readonly pod: string;
  readonly incarnation: string;
  readonly epoch: number;
  /** Of the ownership map. */
  readonly ownershipVersion: number;
  /** Clock of the shard (P16), and so no later than what its successor begins with. */
  readonly shardMs: number;
  /** In force then: one that was deleted with its keys while the shard slept is known by its uid. */
  readonly namespaces: readonly { readonly name: string; readonly uid: string }[];
}

export interface SnapshotEnd {
  readonly entries: number;
  readonly blocks: number;
  /** Of all operations. */
  readonly bytes: number;
}

export type RefusalReason = 'missing' | 'cut' | 'damaged' | 'version' | 'foreign' | 'stale' | 'unreadable';

/** What is on the volume is not loaded; nothing of it is. */
export class SnapshotRefused extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** CRC of a block behind the one with CRC `before`. */
export function blockCrc(head: Uint8Array, body: Uint8Array, before: number): number {
  return crc32(body, crc32(head.subarray(0, 5), before));
}

/** Writes the head of a block into `into` and returns the block's CRC. */
export function writeBlockHead(into: Buffer, kind: BlockKind, body: Uint8Array, before: number): number {
  into[0] = kind;
  into.writeUInt32BE(body.length, 1);
  const crc = blockCrc(into, body, before);
  into.writeUInt32BE(crc, 5);
  return crc;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export function parseHead(body: Buffer): SnapshotHead {
  const head = jsonOf(body) as Partial<SnapshotHead>;
  if (head.formatVersion !== 1) throw new SnapshotRefused('version', `it has format ${String(head.formatVersion)}, which this version does not read`);
  const namespaces: unknown = head.namespaces;
  const sound = isText(head.id) && isText(head.clusterUid) && isText(head.region) && isCount(head.shard) && isText(head.pod) && isText(head.incarnation) && isCount(head.epoch) && isCount(head.ownershipVersion) && Number.isFinite(head.shardMs) && Array.isArray(namespaces);
  if (!sound) throw new SnapshotRefused('damaged', 'its head makes no sense');
  return head as SnapshotHead;
}

export function parseEnd(body: Buffer): SnapshotEnd {
  const end = jsonOf(body) as Partial<SnapshotEnd>;
  if (!isCount(end.entries) || !isCount(end.blocks) || !isCount(end.bytes)) throw new SnapshotRefused('damaged', 'its end makes no sense');
  return end as SnapshotEnd;
}

function jsonOf(body: Buffer): object {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new SnapshotRefused('damaged', 'a part of it is no JSON');
}
