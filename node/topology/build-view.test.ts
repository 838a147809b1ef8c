import { describe, expect, it } from 'vitest';
import type { OwnershipMap } from '../../shared/kube/documents.ts';
import { evenSplit } from '../../shared/slots/ranges.ts';
import { buildView } from './build-view.ts';
import type { MemberRecord } from './member.ts';

function record(shard: number, ordinal: number, change: Partial<MemberRecord> = {}): MemberRecord {
  const pod = `c-r-s${shard}-${ordinal}`;
  return { pod, uid: 'u', incarnation: '0'.repeat(32), generation: 1, version: 1, state: 'alive', region: 'r', shard, role: 'waiting', epoch: 0, ip: `10.0.${shard}.${ordinal}`, hostname: `${pod}.svc`, redisPort: 6379, httpPort: 8080, busPort: 7946, ...change };
}
const map = (version = 1, shards = 3): OwnershipMap => ({ formatVersion: 1, version, ranges: evenSplit(shards).map((range, shard) => ({ ...range, shard, generation: 1 })), moves: [] });
const view = (records: readonly MemberRecord[], serving = false, ownership: OwnershipMap | undefined = map()) => buildView({ clusterUid: 'uid', announce: 'ip', records, map: ownership, serving });

const primary = (shard: number, epoch = 1, ordinal = 0): MemberRecord => record(shard, ordinal, { role: 'primary', epoch });

describe('the view of a region', () => {
  it('serves its own slots and no others, and only while it may', () => {
    const records = [primary(1), primary(0), primary(2)];
    const serving = view(records, true);
    expect(serving.servedHere.reduce((sum, one) => sum + one, 0)).toBe(5461);
    expect(serving.rangesOf(1)).toEqual([[5461, 10921]]);
    expect(serving.complete).toBe(true);
    expect(view(records, false).servedHere.every((one) => one === 0)).toBe(true);
  });

  it('is not complete without a map, or while a shard has no primary', () => {
    expect(buildView({ clusterUid: 'uid', announce: 'ip', records: [primary(0)], map: undefined, serving: true }).complete).toBe(false);
    expect(view([primary(0), primary(1), record(2, 0)]).complete).toBe(false);
  });

  it('sends clients to the primary of the highest epoch', () => {
    const seen = view([record(1, 1), primary(0, 3, 0), primary(0, 4, 1)]);
    expect(seen.primaryOf(0)?.pod).toBe('c-r-s0-1');
    expect(seen.members.map(({ pod, role }) => [pod, role])).toEqual([['c-r-s1-1', 'replica'], ['c-r-s0-0', 'replica'], ['c-r-s0-1', 'primary']]);
  });

  it('shows a member that vanished as failed, and one that left not at all', () => {
    const seen = view([primary(0), { ...primary(1), state: 'failed' }, { ...primary(2), state: 'left' }]);
    expect(seen.members.map(({ shard, health }) => [shard, health])).toEqual([[0, 'online'], [1, 'failed']]);
  });

  it('tells clients nothing of a copy that is about to go, unless it leads', () => {
    const leaving = record(0, 1, { role: 'replica', epoch: 1, leaving: true });
    expect(view([primary(1), primary(0), leaving]).members.map(({ pod }) => pod)).toEqual(['c-r-s1-0', 'c-r-s0-0']);
    expect(view([leaving, primary(0)]).self.health).toBe('loading');
    expect(view([primary(1), { ...primary(0), leaving: true }]).primaryOf(0)?.pod).toBe('c-r-s0-0');
  });

  it('has an epoch that rises with every change of the map and every promotion', () => {
    const before = view([primary(0, 1), primary(1, 1)]).epoch;
    expect(view([primary(0, 1), primary(1, 1)], false, map(2)).epoch).toBeGreaterThan(before);
    expect(view([primary(0, 1), primary(1, 2)]).epoch).toBeGreaterThan(before);
    // A shard that goes, as it may once the map gave its slots away, takes its epoch with it.
    expect(view([primary(0, 1)], false, map(2)).epoch).toBeGreaterThan(view([primary(0, 1), primary(1, 1_001)]).epoch);
  });

  it('keeps a pod’s id over restarts, and announces what the cluster asks for', () => {
    const [one] = view([primary(0)]).members;
    const [again] = view([{ ...primary(0), incarnation: 'f'.repeat(32), ip: '10.9.9.9' }]).members;
    expect(again.id).toBe(one.id);
    expect(one.id).toMatch(/^[0-9a-f]{40}$/);
    expect(buildView({ clusterUid: 'uid', announce: 'hostname', records: [primary(0)], map: map(), serving: false }).self.host).toBe('c-r-s0-0.svc');
  });
});
