import type { CacheClusterStatus } from '../../shared/resources/cache-cluster/resource.ts';
import type { EventInput } from '../runtime/events.ts';

/** Which turn of a condition people are told of; the others are in the status only. */
const told: readonly { readonly type: string; readonly to: 'True' | 'False'; readonly event: EventInput['type']; readonly action: string }[] = [
  { type: 'Ready', to: 'True', event: 'Normal', action: 'Serve' },
  { type: 'Ready', to: 'False', event: 'Warning', action: 'Serve' },
  { type: 'Stalled', to: 'True', event: 'Warning', action: 'Reconcile' },
  { type: 'Degraded', to: 'True', event: 'Warning', action: 'Observe' },
  { type: 'Resharding', to: 'True', event: 'Normal', action: 'Reshard' },
  { type: 'RollingOut', to: 'True', event: 'Normal', action: 'Roll' },
  { type: 'Hibernated', to: 'True', event: 'Normal', action: 'Hibernate' },
  { type: 'Hibernated', to: 'False', event: 'Normal', action: 'Hibernate' },
  { type: 'ConfigurationWarning', to: 'True', event: 'Warning', action: 'Validate' },
];

/** Which reasons people are told of where the condition held before too. */
const toldReasons: readonly { readonly type: string; readonly reason: string; readonly event: EventInput['type']; readonly action: string }[] = [
  { type: 'RollingOut', reason: 'PodNotHealthy', event: 'Warning', action: 'Roll' },
  { type: 'Resharding', reason: 'WaitingForApproval', event: 'Normal', action: 'Reshard' },
  { type: 'Resharding', reason: 'NotEnoughMemory', event: 'Warning', action: 'Reshard' },
  { type: 'Hibernated', reason: 'Hibernating', event: 'Normal', action: 'Hibernate' },
  { type: 'Hibernated', reason: 'Waking', event: 'Normal', action: 'Hibernate' },
  { type: 'Hibernated', reason: 'SnapshotFailed', event: 'Warning', action: 'Hibernate' },
  { type: 'Hibernated', reason: 'SnapshotRefused', event: 'Warning', action: 'Hibernate' },
  { type: 'Resharding', reason: 'MovingSlots', event: 'Normal', action: 'Reshard' },
];

const asked: ReadonlySet<string> = new Set(['Hibernating', 'Hibernated', 'Waking']);

/** Events for what a new status says that the one before did not. The first status of a cluster tells nothing that is only absent. */
export function eventsOf(previous: CacheClusterStatus, next: CacheClusterStatus): readonly EventInput[] {
  return [...turnsOf(previous, next), ...reasonsOf(previous, next), ...scalingOf(previous, next)];
}

function scalingOf(previous: CacheClusterStatus, { autoscaling }: CacheClusterStatus): readonly EventInput[] {
  if (autoscaling?.lastChange === undefined || autoscaling.lastChange === previous.autoscaling?.lastChange) return [];
  return [{ type: 'Normal', reason: 'Autoscaled', action: 'Scale', note: autoscaling.message ?? '' }];
}

function reasonsOf(previous: CacheClusterStatus, next: CacheClusterStatus): readonly EventInput[] {
  return toldReasons.flatMap(({ type, reason, event, action }) => {
    const before = previous.conditions?.find((condition) => condition.type === type);
    const now = next.conditions?.find((condition) => condition.type === type);
    return now?.reason !== reason || before?.status !== now.status || before.reason === reason ? [] : [{ type: event, reason, action, note: now.message }];
  });
}

function turnsOf(previous: CacheClusterStatus, next: CacheClusterStatus): readonly EventInput[] {
  return told.flatMap(({ type, to, event, action }) => {
    const before = previous.conditions?.find((condition) => condition.type === type);
    const now = next.conditions?.find((condition) => condition.type === type);
    if (now?.status !== to || before?.status === to || (before === undefined && to === 'False')) return [];
    // A cluster that was told to sleep is not ready, and nothing is wrong with it: the turns of Hibernated tell of that.
    if (type === 'Ready' && asked.has(now.reason)) return [];
    return [{ type: event, reason: now.reason, action, note: now.message }];
  });
}
