import type { KubeObject } from '../kube/port.ts';
import { microTime } from './micro-time.ts';

/** What a candidate knows of the Lease, from what it saw itself: the clocks of others are never believed. */
export interface Sighting {
  /** UID and spec as last seen; a difference is a sign of life of its holder. */
  readonly record: string;
  readonly holder: string;
  readonly durationMs: number;
  /** Monotonic time of this process when the record was first seen so. */
  readonly sinceMs: number;
}

interface LeaseSpec {
  readonly holderIdentity?: string | null;
  readonly leaseDurationSeconds?: number | null;
  readonly leaseTransitions?: number | null;
  readonly acquireTime?: string | null;
}

export const leaseSpec = (lease: KubeObject): LeaseSpec => lease.spec ?? {};

/** Takes in what a read has shown at `nowMs` (after the answer came, so that a life sign is never dated too early). */
export function sighted(previous: Sighting | undefined, lease: KubeObject, nowMs: number, defaultMs: number): Sighting {
  const record = JSON.stringify([lease.metadata.uid, lease.spec ?? {}]);
  if (previous?.record === record) return previous;
  const { holderIdentity, leaseDurationSeconds } = leaseSpec(lease);
  return { record, holder: holderIdentity ?? '', durationMs: leaseDurationSeconds ? leaseDurationSeconds * 1000 : defaultMs, sinceMs: nowMs };
}

/** Nobody holds it: it was released, or its holder has shown no sign of life for its own lease's time. Also true of a Lease that is gone. */
export function isFree(sighting: Sighting | undefined, nowMs: number): boolean {
  return sighting === undefined || sighting.holder === '' || nowMs - sighting.sinceMs >= sighting.durationMs;
}

/** The Lease as a new holder writes it over what it has read. */
export function acquired(lease: KubeObject, identity: string, leaseMs: number, wallMs: number): KubeObject {
  const { leaseTransitions } = leaseSpec(lease);
  const now = microTime(wallMs);
  return { ...lease, spec: { ...lease.spec, ...held(identity, leaseMs), acquireTime: now, renewTime: now, leaseTransitions: (leaseTransitions ?? 0) + 1 } };
}

export function renewed(lease: KubeObject, wallMs: number): KubeObject {
  return { ...lease, spec: { ...lease.spec, renewTime: microTime(wallMs) } };
}

/** Free for the next candidate at once. */
export function released(lease: KubeObject, wallMs: number): KubeObject {
  return { ...lease, spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(wallMs) } };
}

export function newLease(namespace: string, name: string, identity: string, leaseMs: number, wallMs: number): KubeObject {
  const now = microTime(wallMs);
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace, name },
    spec: { ...held(identity, leaseMs), acquireTime: now, renewTime: now, leaseTransitions: 0 },
  };
}

const held = (identity: string, leaseMs: number) => ({ holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000) });
