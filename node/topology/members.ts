import { fingerprintOf, isNewerRecord, type MemberRecord } from './member.ts';

/**
 * What a node knows of the members of its region: a pure state. Merge is "the newer record wins", so the order and the
 * number of times in which news arrive do not matter; two nodes know the same exactly when their fingerprints are equal.
 */
export interface Members {
  self: MemberRecord;
  readonly others: Map<string, { record: MemberRecord; sinceMs: number }>;
  fingerprint: number;
}

/** A failed member is shown so long, then forgotten. */
export const failedShownMs = 10 * 60_000;

export const newMembers = (self: MemberRecord): Members => ({ self, others: new Map(), fingerprint: fingerprintOf(self) });

/** Changes what this node says about itself. */
export function updateSelf(members: Members, change: Partial<Omit<MemberRecord, 'pod' | 'incarnation' | 'version'>>): void {
  replaceSelf(members, { ...members.self, ...change, version: members.self.version + 1 });
}

/** Takes news in; answers the records that were news here, to be passed on. */
export function mergeRecords(members: Members, records: readonly MemberRecord[], nowMs: number): readonly MemberRecord[] {
  return records.filter((record) => (record.pod === members.self.pod ? refute(members, record) : takeRecord(members, record, nowMs)));
}

/** Marks a member as failed for all; it refutes that itself if it lives. Answers the record to be passed on. */
export function markFailed(members: Members, pod: string, nowMs: number): MemberRecord | undefined {
  const known = members.others.get(pod)?.record;
  if (known === undefined || known.state !== 'alive') return undefined;
  const failed: MemberRecord = { ...known, state: 'failed' };
  takeRecord(members, failed, nowMs);
  return failed;
}

export function forgetOld(members: Members, nowMs: number): boolean {
  let changed = false;
  for (const [pod, { record, sinceMs }] of members.others) {
    if (record.state === 'alive' || nowMs - sinceMs < failedShownMs) continue;
    members.others.delete(pod);
    members.fingerprint = (members.fingerprint ^ fingerprintOf(record)) >>> 0;
    changed = true;
  }
  return changed;
}

export function allRecords(members: Members): readonly MemberRecord[] {
  return [members.self, ...Array.from(members.others.values(), ({ record }) => record)];
}

/** pod, generation, version, state: enough to find out who knows more. */
export type Digest = readonly (readonly [string, number, number, MemberRecord['state']])[];

export const digestOf = (members: Members): Digest => allRecords(members).map(({ pod, generation, version, state }) => [pod, generation, version, state]);

/** What the sender of a digest does not know yet, and whether it knows something that is news here. */
export function compareDigest(members: Members, digest: Digest): { readonly newer: readonly MemberRecord[]; readonly wanted: readonly string[] } {
  const theirs = new Map(digest.map((entry) => [entry[0], entry]));
  const known = new Map(allRecords(members).map((record) => [record.pod, record]));
  const stub = (entry: Digest[number], like: MemberRecord): MemberRecord => ({ ...like, generation: entry[1], version: entry[2], state: entry[3] });
  const newer = [...known.values()].filter((record) => {
    const entry = theirs.get(record.pod);
    return entry === undefined || isNewerRecord(record, stub(entry, record));
  });
  const wanted = digest.filter((entry) => {
    const record = known.get(entry[0]);
    return record === undefined ? entry[3] === 'alive' : isNewerRecord(stub(entry, record), record);
  });
  return { newer, wanted: wanted.map(([pod]) => pod) };
}

function takeRecord(members: Members, record: MemberRecord, nowMs: number): boolean {
  const known = members.others.get(record.pod);
  if (!isNewerRecord(record, known?.record)) return false;
  // A death that was forgotten, or of somebody never met, is not kept: it would go round for ever.
  if (known === undefined && record.state !== 'alive') return false;
  if (record.region !== members.self.region) return false;
  members.others.set(record.pod, { record, sinceMs: nowMs });
  members.fingerprint = (members.fingerprint ^ (known === undefined ? 0 : fingerprintOf(known.record)) ^ fingerprintOf(record)) >>> 0;
  return true;
}

/** Somebody tells something of this very pod that is newer than what it says itself: an earlier life, or its death. It answers by a higher version. */
function refute(members: Members, record: MemberRecord): boolean {
  const { self } = members;
  if (!isNewerRecord(record, self) || record.incarnation === self.incarnation && record.state === 'left') return false;
  const later = record.incarnation === self.incarnation ? { generation: self.generation, version: record.version + 1 } : { generation: record.generation + 1, version: self.version + 1 };
  replaceSelf(members, { ...self, ...later });
  return true;
}

function replaceSelf(members: Members, record: MemberRecord): void {
  members.fingerprint = (members.fingerprint ^ fingerprintOf(members.self) ^ fingerprintOf(record)) >>> 0;
  members.self = record;
}
