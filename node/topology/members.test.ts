import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf, type MemberRecord } from './member.ts';
import { allRecords, compareDigest, digestOf, failedShownMs, forgetOld, markFailed, mergeRecords, newMembers, updateSelf, type Members } from './members.ts';

function record(pod: string, change: Partial<MemberRecord> = {}): MemberRecord {
  return { pod, uid: `uid-${pod}`, incarnation: pod.padEnd(32, '0'), generation: 1, version: 1, state: 'alive', region: 'r', shard: 0, role: 'waiting', epoch: 0, ip: '10.0.0.1', hostname: pod, redisPort: 1, httpPort: 2, busPort: 3, ...change };
}
const known = (members: Members) => allRecords(members).map(({ pod, generation, version, state }) => [pod, generation, version, state]).toSorted();

describe('members', () => {
  it('keeps the newest record in whatever order news arrive, and the fingerprint tells', () => {
    const news = fc.array(fc.record({ pod: fc.constantFrom('b', 'c'), generation: fc.nat({ max: 2 }), version: fc.nat({ max: 3 }), state: fc.constantFrom('alive', 'failed', 'left') }), { maxLength: 12 });
    fc.assert(
      fc.property(news, fc.nat(), (changes, turn) => {
        const records = changes.map(({ pod, ...change }) => record(pod, change as Partial<MemberRecord>));
        const met = [record('b', { generation: 0, version: 0 }), record('c', { generation: 0, version: 0 })];
        const one = newMembers(record('a'));
        const two = newMembers(record('a'));
        mergeRecords(one, [...met, ...records], 0);
        for (const later of [...met, ...records.slice(turn % (records.length + 1)), ...records]) mergeRecords(two, [later], 0);
        expect(known(one)).toEqual(known(two));
        expect(one.fingerprint).toBe(two.fingerprint);
        expect(one.fingerprint).toBe(allRecords(one).reduce((sum, each) => (sum ^ fingerprintOf(each)) >>> 0, 0));
      }),
    );
  });

  it('brings two nodes to the same knowledge with one digest', () => {
    const one = newMembers(record('a'));
    const two = newMembers(record('b'));
    mergeRecords(one, [record('c', { version: 2 }), record('d')], 0);
    mergeRecords(two, [record('c', { version: 1 }), record('e')], 0);
    const { newer, wanted } = compareDigest(one, digestOf(two));
    mergeRecords(two, newer, 0);
    mergeRecords(one, allRecords(two).filter(({ pod }) => wanted.includes(pod)), 0);
    expect(known(one)).toEqual(known(two));
    expect(one.fingerprint).toBe(two.fingerprint);
  });

  it('lets a member that lives refute its death', () => {
    const one = newMembers(record('a'));
    const two = newMembers(record('b'));
    mergeRecords(one, [two.self], 0);
    const failed = markFailed(one, 'b', 0) as MemberRecord;
    const news = mergeRecords(two, [failed], 0);
    expect(news.map(({ pod }) => pod)).toEqual(['b']);
    mergeRecords(one, [two.self], 0);
    expect(one.others.get('b')?.record.state).toBe('alive');
  });

  it('is a later life than the one the others remember, whatever the wall clock said', () => {
    const reborn = newMembers(record('b', { incarnation: 'f'.repeat(32), generation: 5 }));
    mergeRecords(reborn, [record('b', { generation: 900, version: 40 })], 0);
    expect(reborn.self.generation).toBe(901);
    expect(reborn.self.incarnation).toBe('f'.repeat(32));
  });

  it('forgets a failed member after its time, and does not learn of it again from others', () => {
    const one = newMembers(record('a'));
    mergeRecords(one, [record('b')], 0);
    const failed = markFailed(one, 'b', 0) as MemberRecord;
    expect(forgetOld(one, failedShownMs - 1)).toBe(false);
    expect(forgetOld(one, failedShownMs)).toBe(true);
    expect(mergeRecords(one, [failed], 0)).toEqual([]);
    expect(one.fingerprint).toBe(fingerprintOf(one.self));
  });

  it('takes nobody of another region', () => {
    const one = newMembers(record('a'));
    expect(mergeRecords(one, [record('b', { region: 'elsewhere' })], 0)).toEqual([]);
  });

  it('tells of its own changes by a higher version', () => {
    const one = newMembers(record('a'));
    updateSelf(one, { role: 'primary', epoch: 3 });
    expect(one.self).toMatchObject({ version: 2, role: 'primary', epoch: 3 });
    expect(one.fingerprint).toBe(fingerprintOf(one.self));
  });
});
