import type { KubeObject } from '../../../operator/kube/port.ts';

/** An events.k8s.io/v1 Event in the shape of the core group, for kubectl's describe. */
export function asCoreEvent(event: KubeObject): KubeObject {
  const { regarding, note, reportingController, reportingInstance, series, eventTime, related, metadata, reason, type, action } = event as KubeObject & {
    series?: { count?: number; lastObservedTime?: string };
    eventTime?: string;
  };
  const firstTimestamp = seconds(event.deprecatedFirstTimestamp ?? eventTime ?? metadata.creationTimestamp);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata,
    involvedObject: regarding ?? {},
    reason,
    message: note,
    source: { component: reportingController },
    firstTimestamp,
    lastTimestamp: seconds(series?.lastObservedTime ?? event.deprecatedLastTimestamp ?? eventTime ?? metadata.creationTimestamp),
    count: series?.count ?? event.deprecatedCount ?? 1,
    type,
    eventTime: eventTime ?? null,
    ...(series ? { series } : {}),
    ...(action === undefined ? {} : { action }),
    ...(related === undefined ? {} : { related }),
    reportingComponent: reportingController ?? '',
    reportingInstance: reportingInstance ?? '',
  };
}

const seconds = (time: unknown): string | null => (typeof time === 'string' ? time.replace(/\.\d+Z$/, 'Z') : null);
