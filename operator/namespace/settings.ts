import type { NamespaceSettings } from '../../shared/namespaces/document.ts';
import type { CacheNamespaceSpec } from '../../shared/resources/cache-namespace/resource.ts';
import { durationToMs } from '../../shared/resources/duration.ts';
import { quantityToNumber } from '../../shared/resources/quantity.ts';
import type { KubeObject } from '../kube/port.ts';
import { uidOf, wireNameOf } from './observed.ts';

/** What nodes are told of a CacheNamespace: units resolved, and nothing that is not asked for. */
export function settingsOf(object: KubeObject, spec: CacheNamespaceSpec, webhookTokenSha256: string | undefined): NamespaceSettings {
  const { quota = {}, invalidation } = spec;
  return {
    name: wireNameOf(object, spec),
    uid: uidOf(object),
    tenant: spec.tenant ?? object.metadata.namespace ?? 'default',
    consistency: spec.consistency,
    ...optional('acknowledge', spec.acknowledge),
    ...converted('defaultTtlMs', spec.defaultTtl, durationToMs),
    ...converted('maxTtlMs', spec.maxTtl, durationToMs),
    ttlJitterPercent: spec.ttlJitterPercent,
    slidingExpiry: spec.slidingExpiry,
    ...optional('eviction', spec.eviction),
    maxValueBytes: quantityToNumber(spec.maxValueSize),
    quota: {
      ...converted('memoryBytes', quota.memory, quantityToNumber),
      ...optional('keys', quota.keys),
      ...optional('opsPerSecond', quota.opsPerSecond),
      ...converted('egressBytesPerSecond', quota.egressPerSecond, quantityToNumber),
      ...optional('connections', quota.connections),
    },
    ...converted('negativeTtlMs', spec.negativeTtl, durationToMs),
    ...converted('staleWhileRevalidateMs', spec.staleWhileRevalidate, durationToMs),
    trackAccess: spec.trackAccess,
    ...(invalidation === undefined ? {} : { invalidation: { ...optional('schedule', invalidation.schedule), ...optional('pattern', invalidation.pattern), ...optional('webhookTokenSha256', webhookTokenSha256) } }),
    access: (spec.access ?? []).map(({ user, verbs }) => ({ user, verbs: [...verbs] })),
  };
}

const optional = <Name extends string, Value>(name: Name, value: Value | undefined): Partial<Record<Name, Value>> => (value === undefined ? {} : ({ [name]: value } as Record<Name, Value>));

const converted = <Name extends string, From>(name: Name, value: From | undefined, convert: (value: From) => number): Partial<Record<Name, number>> => optional(name, value === undefined ? undefined : convert(value));
