import { expect, it } from 'vitest';
import type { NodeStatus } from '../../shared/admin/contract.ts';
import { labels } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import { eventOfFailover, followLeases, type SeenLeases } from './failovers.ts';
import type { Observed } from './observed.ts';

const cluster: KubeObject = { apiVersion: 'v1', kind: 'CacheCluster', metadata: { name: 'demo', namespace: 'apps', uid: 'c' } };

function observed(nowMs: number, epoch: number, primary: string | undefined, more: { readonly uid?: string; readonly takeover?: NodeStatus['takeover'] } = {}): Observed {
  const lease: KubeObject = {
    apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'demo-east-s0', namespace: 'apps', uid: more.uid ?? 'l', labels: { [labels.clusterUid]: 'c', [labels.region]: 'east' } },
    spec: { leaseTransitions: epoch, ...(primary === undefined ? {} : { holderIdentity: primary }) },
  };
  const reports = new Map(primary === undefined || more.takeover === undefined ? [] : [[primary, { takeover: more.takeover } as NodeStatus]]);
  return { nowMs, cluster, objects: new Map([['Lease/demo-east-s0', lease]]), pods: [], earlierPods: [], reports, unseenWrites: 0, settings: { defaultImage: '', authByDefault: true, operatorVersion: '1' } };
}

/** What is told over a row of observations. */
function told(...row: readonly Observed[]) {
  let seen: SeenLeases = new Map();
  return row.map((one) => {
    const followed = followLeases(seen, one);
    seen = followed.seen;
    return followed;
  });
}

it('tells a takeover once, with cause and duration, as soon as the new primary has said them', () => {
  const takeover = { epoch: 2, cause: 'proof', outageMs: 143 } as const;
  const [, open, account, after] = told(observed(0, 1, 'a'), observed(10, 2, 'b'), observed(500, 2, 'b', { takeover }), observed(900, 2, 'b', { takeover }));
  expect(open).toMatchObject({ open: true, failovers: [] });
  expect(account.failovers).toEqual([{ shard: 'demo-east-s0', region: 'east', epoch: 2, from: 'a', to: 'b', cause: 'proof', outageMs: 143 }]);
  expect(after).toMatchObject({ open: false, failovers: [] });
  expect(eventOfFailover(account.failovers[0])).toEqual({ type: 'Warning', reason: 'FailedOver', action: 'Lead', about: 'demo-east-s0/2', note: 'shard demo-east-s0 was taken over: its primary was proved dead; b after a leads since epoch 2, nobody served for 0.14 s' });
});

it('does not take the account of an earlier epoch for this one, and waits for it no longer than it must', () => {
  const takeover = { epoch: 2, cause: 'silence', outageMs: 1_300 } as const;
  const [, early, late] = told(observed(0, 2, 'a'), observed(1_000, 3, 'b', { takeover }), observed(21_000, 3, 'b', { takeover }));
  expect(early).toMatchObject({ open: true, failovers: [] });
  expect(late.failovers).toMatchObject([{ cause: 'unknown', epoch: 3 }]);
  expect(eventOfFailover(late.failovers[0]).note).not.toContain('nobody served');
});

it('tells nothing of a first primary, of changes within an epoch, and of a Lease that was made anew', () => {
  expect(told(observed(0, 0, undefined), observed(1, 1, 'a'), observed(2, 1, 'a'), observed(3, 1001, 'a', { uid: 'another' })).flatMap(({ failovers }) => failovers)).toEqual([]);
});

it('a shard that came back empty is told as such', () => {
  const [, { failovers }] = told(observed(0, 1, 'a'), observed(1, 2, 'a', { takeover: { epoch: 2, cause: 'empty', outageMs: 31_000 } }));
  expect(eventOfFailover(failovers[0])).toMatchObject({ type: 'Warning', reason: 'ShardEmptied', note: 'shard demo-east-s0 came back empty: no copy of it was left; a leads since epoch 2, nobody served for at least 31 s' });
});

it('a shard that slept is back: how long it was away is no outage', () => {
  const [, { failovers }] = told(observed(0, 1, 'a'), observed(1, 2, 'a', { takeover: { epoch: 2, cause: 'woken', outageMs: 1_900 } }));
  expect(failovers).toMatchObject([{ cause: 'woken' }]);
  expect(eventOfFailover(failovers[0])).toMatchObject({ type: 'Normal', reason: 'ShardWoken', note: 'shard demo-east-s0 is back with the snapshot that was kept of it; a leads since epoch 2' });
});

it('of a shard without a primary it waits for the next one', () => {
  const [, gone, back] = told(observed(0, 1, 'a'), observed(1, 2, undefined), observed(2, 3, 'b', { takeover: { epoch: 3, cause: 'empty', outageMs: 5 } }));
  expect(gone).toMatchObject({ open: true, failovers: [] });
  expect(back.failovers).toMatchObject([{ from: 'a', to: 'b', epoch: 3 }]);
});
