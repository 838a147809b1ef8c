import { expect, it } from 'vitest';
import type { CacheClusterStatus } from '../../shared/resources/cache-cluster/resource.ts';
import { eventsOf } from './events.ts';

const status = (...conditions: readonly (readonly [string, 'True' | 'False', string])[]): CacheClusterStatus => ({
  conditions: conditions.map(([type, value, reason]) => ({ type, status: value, reason, message: `because ${reason}`, lastTransitionTime: '2026-01-01T00:00:00Z' })),
});

it('tells that a cluster serves, and when it no longer does', () => {
  expect(eventsOf(status(['Ready', 'False', 'Starting']), status(['Ready', 'True', 'Serving']))).toEqual([{ type: 'Normal', reason: 'Serving', action: 'Serve', note: 'because Serving' }]);
  expect(eventsOf(status(['Ready', 'True', 'Serving']), status(['Ready', 'False', 'ShardsWithoutPrimary']))).toMatchObject([{ type: 'Warning', reason: 'ShardsWithoutPrimary' }]);
});

it('warns of nothing while a cluster goes to sleep and wakes', () => {
  const awake = status(['Ready', 'True', 'Serving'], ['Hibernated', 'False', 'Awake']);
  const freezing = status(['Ready', 'False', 'Hibernating'], ['Hibernated', 'False', 'Hibernating']);
  const asleep = status(['Ready', 'False', 'Hibernated'], ['Hibernated', 'True', 'Hibernated']);
  const waking = status(['Ready', 'False', 'Waking'], ['Hibernated', 'False', 'Waking']);
  const turns = [awake, freezing, asleep, waking, awake].flatMap((now, index, all) => (index === 0 ? [] : eventsOf(all[index - 1], now)));
  expect(turns.map(({ type, reason }) => `${type} ${reason}`)).toEqual(['Normal Hibernating', 'Normal Hibernated', 'Normal Waking', 'Normal Serving']);
});

it('says nothing of a cluster that was never ready, nor of what stays as it is', () => {
  expect(eventsOf({}, status(['Ready', 'False', 'Starting'], ['Stalled', 'False', 'NotStalled']))).toEqual([]);
  expect(eventsOf(status(['Stalled', 'True', 'ForeignObject']), status(['Stalled', 'True', 'Refused']))).toEqual([]);
});

it('tells of a change that waits and of what stands in the way', () => {
  expect(eventsOf({}, status(['Stalled', 'True', 'ForeignObject'], ['Resharding', 'True', 'WaitingForSlotMoves'])).map(({ type, reason }) => `${type} ${reason}`)).toEqual(['Warning ForeignObject', 'Normal WaitingForSlotMoves']);
});
