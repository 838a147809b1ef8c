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

it('says nothing of a cluster that was never ready, nor of what stays as it is', () => {
  expect(eventsOf({}, status(['Ready', 'False', 'Starting'], ['Stalled', 'False', 'NotStalled']))).toEqual([]);
  expect(eventsOf(status(['Stalled', 'True', 'ForeignObject']), status(['Stalled', 'True', 'Refused']))).toEqual([]);
});

it('tells of a change that waits and of what stands in the way', () => {
  expect(eventsOf({}, status(['Stalled', 'True', 'ForeignObject'], ['Resharding', 'True', 'WaitingForSlotMoves'])).map(({ type, reason }) => `${type} ${reason}`)).toEqual(['Warning ForeignObject', 'Normal WaitingForSlotMoves']);
});
