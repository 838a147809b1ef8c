import type { NamespaceRegistry } from '../tenants/registry.ts';
import { evenPartOf, nextPartOf, rateOf, type Amount } from '../tenants/quota-split.ts';
import type { QuotaParts, Tenant } from '../tenants/tenant.ts';
import type { Store } from '../engine/store.ts';

/** Rates are averages over about this time. */
const averageMs = 500;
/** A shard that has not reported for so long uses nothing. */
const reportHoldsMs = 3_000;

/** Order of the numbers in a report. */
const numbers = 11;
const idle: readonly number[] = Array.from({ length: numbers }, () => 0);

/** What a shard tells the others once a second; by namespace operations and reply bytes a second that were asked for, then for memory, keys and connections
 * what is held, what was wanted in vain, and the shard's part. */
export interface UsageReport {
  readonly shard: number;
  readonly namespaces: Readonly<Record<string, readonly number[]>>;
  /** Namespaces in which something depends on something. */
  readonly dependencies: readonly string[];
}

interface Rates {
  operations: number;
  egressBytes: number;
  /** Asked for until then. */
  operationsBefore: number;
  egressBefore: number;
  atMs: number;
}

/** How much of each quota this shard may use: made anew from what all shards of the region say that they use. No counter is shared. */
export class UsageReports {
  readonly #registry: NamespaceRegistry;
  readonly #store: Store;
  readonly #rates = new WeakMap<Tenant, Rates>();
  readonly #others = new Map<number, { readonly namespaces: UsageReport['namespaces']; readonly atMs: number }>();
  #own: Record<string, readonly number[]> = {};

  constructor(registry: NamespaceRegistry, store: Store) {
    this.#registry = registry;
    this.#store = store;
  }

  /** What this shard used since the last call. */
  measure(nowMs: number): UsageReport['namespaces'] {
    this.#own = {};
    for (const tenant of this.#registry.tenants()) if (hasQuota(tenant)) this.#own[tenant.name] = this.#numbersOf(tenant, nowMs);
    return this.#own;
  }

  #numbersOf(tenant: Tenant, nowMs: number): readonly number[] {
    const registry = this.#registry;
    const store = this.#store;
    const { id, parts } = tenant;
    const rates = this.#rates.get(tenant) ?? { operations: 0, egressBytes: 0, operationsBefore: 0, egressBefore: 0, atMs: nowMs - averageMs };
    const elapsedMs = Math.max(1, nowMs - rates.atMs);
    const weight = 1 - Math.exp(-elapsedMs / averageMs);
    const operations = tenant.requests + tenant.refusedOperations;
    const egressBytes = tenant.egressBytes + tenant.refusedEgressBytes;
    rates.operations += weight * (((operations - rates.operationsBefore) * 1000) / elapsedMs - rates.operations);
    rates.egressBytes += weight * (((egressBytes - rates.egressBefore) * 1000) / elapsedMs - rates.egressBytes);
    rates.operationsBefore = operations;
    rates.egressBefore = egressBytes;
    rates.atMs = nowMs;
    this.#rates.set(tenant, rates);
    const memory = [store.chargedBytes(id), registry.pressureBytes[id], parts.memoryBytes];
    const keys = [store.namespaceKeys[id], registry.pressureKeys[id], parts.keys];
    const connections = [tenant.connections, tenant.connectionsRefused, parts.connections];
    tenant.connectionsRefused = 0;
    registry.pressureBytes[id] = 0;
    registry.pressureKeys[id] = 0;
    return [rates.operations, rates.egressBytes, ...memory, ...keys, ...connections].map((value) => (value === Infinity ? 0 : Math.round(value * 1000) / 1000));
  }

  take(report: UsageReport, nowMs: number): void {
    this.#others.set(report.shard, { namespaces: report.namespaces, atMs: nowMs });
  }

  /** Makes this shard's parts anew, of what all have reported: its own last report too, which the others know. `shards`: those that own slots, ascending. */
  split(shards: readonly number[], self: number, nowMs: number): void {
    const place = shards.indexOf(self);
    if (place < 0) return;
    for (const tenant of this.#registry.tenants()) {
      if (!hasQuota(tenant)) continue;
      const reports = shards.map((shard) => (shard === self ? this.#own : this.#namespacesOf(shard, nowMs))[tenant.name]);
      this.#registry.setParts(tenant, partsOf(tenant, this.#heldBy(tenant), reports, place));
    }
  }

  #heldBy({ id, connections }: Tenant): Held {
    return { memoryBytes: this.#store.chargedBytes(id), keys: this.#store.namespaceKeys[id], connections };
  }

  #namespacesOf(shard: number, nowMs: number): UsageReport['namespaces'] {
    const report = this.#others.get(shard);
    return report === undefined || nowMs - report.atMs > reportHoldsMs ? {} : report.namespaces;
  }
}

function hasQuota({ settings }: Tenant): boolean {
  return settings !== undefined && Object.values(settings.quota).some((limit) => limit !== undefined);
}

interface Held {
  readonly memoryBytes: number;
  readonly keys: number;
  readonly connections: number;
}

function partsOf({ settings, parts }: Tenant, held: Held, reports: readonly (readonly number[] | undefined)[], self: number): QuotaParts {
  const quota = settings?.quota ?? {};
  const count = reports.length;
  const rate = (whole: number | undefined, at: number): number => (whole === undefined ? Infinity : rateOf(whole, reports.map((report) => (report ?? idle)[at]), self));
  const amount = (whole: number | undefined, at: number, name: keyof Held, isCount: boolean): number => {
    if (whole === undefined) return Infinity;
    const amounts = reports.map((report, shard) => amountIn(report, at, evenPartOf(whole, count, shard, isCount)));
    const part = parts[name] === Infinity ? amounts[self].part : parts[name];
    return nextPartOf(whole, amounts.with(self, { wanted: amounts[self].wanted, held: held[name], part }), self, isCount);
  };
  return {
    operations: rate(quota.opsPerSecond, 0),
    egressBytes: rate(quota.egressBytesPerSecond, 1),
    memoryBytes: amount(quota.memoryBytes, 2, 'memoryBytes', false),
    keys: amount(quota.keys, 5, 'keys', true),
    connections: amount(quota.connections, 8, 'connections', true),
  };
}

/** A shard that says nothing keeps an even part, and wants nothing. */
function amountIn(report: readonly number[] | undefined, at: number, evenPart: number): Amount {
  return report === undefined ? { held: 0, wanted: 0, part: evenPart } : { held: report[at], wanted: report[at + 1], part: report[at + 2] };
}
