import type { Tenant } from '../tenants/tenant.ts';

/** Rates are averages over about this time: what a shard saves up of a part that it does not use runs over after a second, and has to be elsewhere by then. */
const averageMs = 250;

interface Average {
  operations: number;
  egressBytes: number;
  /** Asked for until then. */
  operationsBefore: number;
  egressBefore: number;
  atMs: number;
}

/** Operations and reply bytes a second that a node's clients ask for, refused ones too. */
export class AskedRates {
  readonly #averages = new WeakMap<Tenant, Average>();

  /** Until now; [operations, egress bytes]. */
  of(tenant: Tenant, nowMs: number): readonly [number, number] {
    const average = this.#averages.get(tenant) ?? { operations: 0, egressBytes: 0, operationsBefore: 0, egressBefore: 0, atMs: nowMs - averageMs };
    const elapsedMs = Math.max(1, nowMs - average.atMs);
    const weight = 1 - Math.exp(-elapsedMs / averageMs);
    const operations = tenant.requests + tenant.refusedOperations;
    const egressBytes = tenant.egressBytes + tenant.refusedEgressBytes;
    average.operations += weight * (((operations - average.operationsBefore) * 1000) / elapsedMs - average.operations);
    average.egressBytes += weight * (((egressBytes - average.egressBefore) * 1000) / elapsedMs - average.egressBytes);
    average.operationsBefore = operations;
    average.egressBefore = egressBytes;
    average.atMs = nowMs;
    this.#averages.set(tenant, average);
    return [average.operations, average.egressBytes];
  }
}
