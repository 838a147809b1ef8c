import { durationToMs } from '../duration.ts';
import { quantityToNumber } from '../quantity.ts';
import type { CacheClusterRegion, CacheClusterSpec } from './resource.ts';

/** Values in force: what a default that depends on another field, or on a region's override, comes to. */
export const replicasOf = (spec: CacheClusterSpec, region: CacheClusterRegion): number => region.replicas ?? spec.replicas;

/** Absent: 1, or 2 where there are two copies or more beside the primary. */
export const minInSyncOf = (spec: CacheClusterSpec, region: CacheClusterRegion): number => spec.minInSync ?? (replicasOf(spec, region) >= 2 ? 2 : 1);

/** `whenUnset`: true on Kubernetes, false in local mode. */
export const authEnabled = (spec: CacheClusterSpec, whenUnset: boolean): boolean => spec.auth?.enabled ?? whenUnset;

export const memoryBytesOf = (spec: CacheClusterSpec): number => quantityToNumber(spec.memory);

export const emptyShardAfterMsOf = (spec: CacheClusterSpec): number => durationToMs(spec.emptyShardAfter);
