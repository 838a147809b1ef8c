import type { NamespaceRegistry, QuotaParts } from '../tenants/registry.ts';
import { amountOf, countOf, rateOf, type Usage } from '../tenants/quota-split.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { Store } from '../engine/store.ts';

/** Rates are averages over about this time. */
const averageMs = 500;
/** A shard that has not reported for so long uses nothing. */
const reportHoldsMs = 3_000;

const fields = ['operations', 'egressBytes', 'memoryBytes', 'keys', 'connections', 'wantedBytes', 'wantedKeys', 'wantedConnections'] as const satisfies readonly (keyof Usage)[];
const nothing: Usage = { operations: 0, egressBytes: 0, memoryBytes: 0, keys: 0, connections: 0, wantedBytes: 0, wantedKeys: 0, wantedConnections: 0 };

/** What a shard tells the others once a second; by namespace the fields of `Usage` in their order. */
export interface UsageReport {
  readonly shard: number;
  readonly namespaces: Readonly<Record<string, readonly number[]>>;
  /** Namespaces in which something depends on something. */
  readonly dependencies: readonly string[];
}

interface Rates {
  operations: number;
  egressBytes: number;
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
    for (const tenant of this.#registry.tenants()) {
      if (!hasQuota(tenant)) continue;
      const usage = this.#usageOf(tenant, nowMs);
      this.#own[tenant.name] = fields.map((field) => Math.round(usage[field] * 1000) / 1000);
    }
    return this.#own;
  }

  #usageOf(tenant: Tenant, nowMs: number): Usage {
    const registry = this.#registry;
    const store = this.#store;
    const { id } = tenant;
    const rates = this.#rates.get(tenant) ?? { operations: 0, egressBytes: 0, atMs: nowMs - averageMs };
    const elapsedMs = Math.max(1, nowMs - rates.atMs);
    const weight = 1 - Math.exp(-elapsedMs / averageMs);
    rates.operations += weight * ((tenant.wantedOperations * 1000) / elapsedMs - rates.operations);
    rates.egressBytes += weight * ((tenant.wantedEgressBytes * 1000) / elapsedMs - rates.egressBytes);
    rates.atMs = nowMs;
    this.#rates.set(tenant, rates);
    const usage: Usage = {
      operations: rates.operations, egressBytes: rates.egressBytes, memoryBytes: store.chargedBytes(id), keys: store.namespaceKeys[id], connections: tenant.connections,
      wantedBytes: registry.pressureBytes[id], wantedKeys: registry.pressureKeys[id], wantedConnections: tenant.connectionsRefused,
    };
    tenant.wantedOperations = 0;
    tenant.wantedEgressBytes = 0;
    tenant.connectionsRefused = 0;
    registry.pressureBytes[id] = 0;
    registry.pressureKeys[id] = 0;
    return usage;
  }

  take(report: UsageReport, nowMs: number): void {
    this.#others.set(report.shard, { namespaces: report.namespaces, atMs: nowMs });
  }

  /** Makes this shard's parts anew. `shards`: those that own slots, ascending. */
  split(shards: readonly number[], self: number, nowMs: number): void {
    const place = shards.indexOf(self);
    if (place < 0) return;
    for (const tenant of this.#registry.tenants()) {
      if (!hasQuota(tenant)) continue;
      const usages = shards.map((shard) => this.#reported(shard === self ? this.#own : this.#namespacesOf(shard, nowMs), tenant.name));
      this.#registry.setParts(tenant, partsOf(tenant, usages, place));
    }
  }

  #namespacesOf(shard: number, nowMs: number): UsageReport['namespaces'] {
    const report = this.#others.get(shard);
    return report === undefined || nowMs - report.atMs > reportHoldsMs ? {} : report.namespaces;
  }

  #reported(namespaces: UsageReport['namespaces'], name: string): Usage {
    const values = namespaces[name];
    if (!Array.isArray(values)) return nothing;
    return Object.fromEntries(fields.map((field, i) => [field, Number(values[i]) || 0])) as unknown as Usage;
  }
}

function hasQuota({ settings }: Tenant): boolean {
  return settings !== undefined && Object.values(settings.quota).some((limit) => limit !== undefined);
}

function partsOf({ settings }: Tenant, usages: readonly Usage[], self: number): QuotaParts {
  const quota = settings?.quota ?? {};
  const column = (field: keyof Usage): readonly number[] => usages.map((usage) => usage[field]);
  const rate = (whole: number | undefined, field: keyof Usage): number => (whole === undefined ? Infinity : rateOf(whole, column(field), self));
  const count = (whole: number | undefined, held: keyof Usage, wanted: keyof Usage): number => (whole === undefined ? Infinity : countOf(whole, column(held), column(wanted), self));
  return {
    operations: rate(quota.opsPerSecond, 'operations'),
    egressBytes: rate(quota.egressBytesPerSecond, 'egressBytes'),
    memoryBytes: quota.memoryBytes === undefined ? Infinity : amountOf(quota.memoryBytes, column('memoryBytes'), column('wantedBytes'), self),
    keys: count(quota.keys, 'keys', 'wantedKeys'),
    connections: count(quota.connections, 'connections', 'wantedConnections'),
  };
}
