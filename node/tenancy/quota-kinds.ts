import type { TokenBucket } from '../tenants/token-bucket.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { QuotaKind } from './quota-ledger.ts';

/** A node's own part of rates holds for so long after its report (a copy's: one that its primary has heard): it is over before others use it, and longer than a busy machine lets a process stand still. */
export const ratesHoldMs = 4_500;

/** Those of which a node that does not lead uses something up too: reads, its clients, and what HTTP adds to replies. */
export const lentKinds = ['operations', 'egressBytes', 'connections'] as const satisfies readonly QuotaKind[];
export type LentKind = (typeof lentKinds)[number];
export type RateKind = 'operations' | 'egressBytes';

export const isRate = (kind: QuotaKind): kind is RateKind => kind === 'operations' || kind === 'egressBytes';
export const isWhole = (kind: QuotaKind): boolean => kind === 'keys' || kind === 'connections';
export const isLent = (kind: QuotaKind): kind is LentKind => kind !== 'memoryBytes' && kind !== 'keys';

export const bucketOf = ({ operations, egress }: Tenant, kind: RateKind): TokenBucket => (kind === 'operations' ? operations : egress);

/** Of the whole region; undefined: no limit. */
export function quotaOf({ settings }: Tenant, kind: QuotaKind): number | undefined {
  const { opsPerSecond, egressBytesPerSecond, memoryBytes, keys, connections } = settings?.quota ?? {};
  return { operations: opsPerSecond, egressBytes: egressBytesPerSecond, memoryBytes, keys, connections }[kind];
}

export function hasQuota({ settings }: Tenant): boolean {
  return settings !== undefined && Object.values(settings.quota).some((limit) => limit !== undefined);
}

export const rounded = (value: number): number => Math.round(value * 1000) / 1000;
