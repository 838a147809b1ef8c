import { createHash } from 'node:crypto';

/** What a node tells all others of its region about itself. Only the node raises `version`, except that others may mark it failed. */
export interface MemberRecord {
  readonly pod: string;
  readonly uid: string;
  /** 32 hex digits; compared for equality only (P5). */
  readonly incarnation: string;
  /** Orders the lives of one pod name: wall time at start, or above what the others remembered of it. */
  readonly generation: number;
  /** Rises with every change within one life. */
  readonly version: number;
  readonly state: 'alive' | 'failed' | 'left';
  /** It is about to go: whole as long as it lives, but clients are not to learn of it any more. Absent: no (versions before 0.2 do not know of it). */
  readonly leaving?: boolean;
  /** It has waited for its clients, and ends as soon as it is out of the in-sync set. Absent: no. */
  readonly parting?: boolean;
  readonly region: string;
  readonly shard: number;
  readonly role: 'primary' | 'replica' | 'syncing' | 'waiting';
  /** Epoch of the shard's Lease as the member obeys it. */
  readonly epoch: number;
  readonly ip: string;
  readonly hostname: string;
  readonly redisPort: number;
  readonly httpPort: number;
  readonly busPort: number;
}

/** Newer life, then newer version; of equal ones the death counts, since only the member itself can refute it by a higher version. */
export function isNewerRecord(a: MemberRecord, b: MemberRecord | undefined): boolean {
  if (b === undefined) return true;
  if (a.generation !== b.generation) return a.generation > b.generation;
  if (a.version !== b.version) return a.version > b.version;
  return rank(a.state) > rank(b.state);
}

const rank = (state: MemberRecord['state']): number => (state === 'alive' ? 0 : state === 'failed' ? 1 : 2);

/** Node id as Redis Cluster clients know it: 40 hex digits, the same for the pod's name as long as the cluster lives. */
export function nodeIdOf(clusterUid: string, pod: string): string {
  return createHash('sha1').update(`${clusterUid}/${pod}`).digest('hex');
}

/** One number that is equal when two nodes know the same (order does not matter; collisions heal with the next change). */
export function fingerprintOf(record: MemberRecord): number {
  const text = `${record.pod}/${record.generation}/${record.version}/${record.state}`;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

const texts = ['pod', 'uid', 'incarnation', 'region', 'ip', 'hostname'] as const;
const numbers = ['generation', 'version', 'shard', 'epoch', 'redisPort', 'httpPort', 'busPort'] as const;

/** Records of a peer, those dropped that are not well formed (a newer version of the program may send more fields). */
export function parseMembers(value: unknown): readonly MemberRecord[] {
  return Array.isArray(value) ? value.filter(isMember) : [];
}

function isMember(value: unknown): value is MemberRecord {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  const isText = (name: string): boolean => typeof fields[name] === 'string' && fields[name].length <= 253;
  return (
    texts.every(isText) &&
    numbers.every((name) => Number.isSafeInteger(fields[name])) &&
    ['alive', 'failed', 'left'].includes(fields.state as string) &&
    ['primary', 'replica', 'syncing', 'waiting'].includes(fields.role as string)
  );
}
