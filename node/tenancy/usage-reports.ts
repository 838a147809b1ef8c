import type { NamespaceRegistry } from '../tenants/registry.ts';
import { evenPartOf, giftsOf, rateGiftsOf } from '../tenants/quota-split.ts';
import type { TokenBucket } from '../tenants/token-bucket.ts';
import type { QuotaParts, Tenant } from '../tenants/tenant.ts';
import type { Store } from '../engine/store.ts';
import { QuotaLedger, quotaKinds, type LedgerPage, type QuotaKind } from './quota-ledger.ts';

/** Rates are averages over about this time. */
const averageMs = 500;
/** What a shard that has not reported for so long had of rates is used by the others. */
const reportHoldsMs = 3_000;
/** A shard's own part of rates holds for so long after its report: it is over before the others use it. */
const ratesHoldMs = 2_500;
/** Parts of rates below this are no reason to report. */
const smallRate = 0.02;

/** What a shard tells another once a second. */
export interface UsageReport {
  readonly shard: number;
  /** By namespace: operations and reply bytes a second that were asked for; for memory, keys and connections what is held, what was wanted in vain, and the shard's part; its parts of operations and egress. */
  readonly namespaces: Readonly<Record<string, readonly number[]>>;
  /** By namespace, what passed between the two. */
  readonly ledgers: Readonly<Record<string, LedgerPage>>;
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

type Use = UsageReport['namespaces'];
type Other = Pick<UsageReport, 'namespaces' | 'ledgers'> & { readonly atMs: number };

/** Where the numbers about a quota stand in a report: what is asked for or held, what was wanted in vain (none for rates), and the part. */
const placeOf = { operations: [0, -1, 11], egressBytes: [1, -1, 12], memoryBytes: [2, 3, 4], keys: [5, 6, 7], connections: [8, 9, 10] } as const satisfies Record<QuotaKind, readonly [number, number, number]>;
const savings = [{ kind: 'operations', column: 'savedOperations' }, { kind: 'egressBytes', column: 'savedEgressBytes' }] as const;
const bucketOf = ({ operations, egress }: Tenant, kind: 'operations' | 'egressBytes'): TokenBucket => (kind === 'operations' ? operations : egress);
const isRate = (kind: QuotaKind): boolean => kind === 'operations' || kind === 'egressBytes';
const isWhole = (kind: QuotaKind): boolean => kind === 'keys' || kind === 'connections';

/** How much of each quota this shard may use. Parts begin even; those who have more than they use give to those who want (`QuotaLedger`). No counter is shared. */
export class UsageReports {
  readonly #registry: NamespaceRegistry;
  readonly #store: Store;
  readonly #rates = new WeakMap<Tenant, Rates>();
  readonly #ledgers = new WeakMap<Tenant, { readonly ledger: QuotaLedger; readonly quota: unknown; readonly shards: readonly number[] }>();
  readonly #others = new Map<number, Other>();
  #shards: readonly number[] = [];
  #self = -1;
  #reportedAtMs = -Infinity;
  /** Others may have spoken before that without having been heard. */
  #awakeSinceMs = 0;
  /** Another shard wants something: this one looks soon whether it has it. */
  wanted = false;

  constructor(registry: NamespaceRegistry, store: Store) {
    this.#registry = registry;
    this.#store = store;
  }

  /** What this shard used since the last call, after it has given what it can spare. `shards`: those that own slots, ascending. */
  report(shards: readonly number[], self: number, nowMs: number): Use {
    if (nowMs - this.#reportedAtMs > ratesHoldMs) this.#awakeSinceMs = nowMs;
    this.#reportedAtMs = nowMs;
    if (shards.join() !== this.#shards.join()) this.#shards = shards;
    this.#self = self;
    this.wanted = false;
    this.#registry.ratesHoldUntilMs = shards.length > 1 ? nowMs + ratesHoldMs : Infinity;
    const own: Record<string, readonly number[]> = {};
    for (const tenant of this.#registry.tenants()) {
      if (!hasQuota(tenant)) continue;
      const use = this.#useOf(tenant, nowMs);
      if (shards.includes(self)) {
        this.#give(tenant, use, nowMs);
        this.#setParts(tenant, nowMs);
      }
      own[tenant.name] = withParts(use, tenant.parts);
    }
    return own;
  }

  /** Nobody counts on this shard: it may not lead. */
  rest(): void {
    this.#registry.ratesHoldUntilMs = Infinity;
  }

  /** The pages of this shard's ledgers for another. */
  ledgersFor(shard: number): UsageReport['ledgers'] {
    const pages: Record<string, LedgerPage> = {};
    for (const tenant of this.#registry.tenants()) {
      const ledger = this.#ledgers.get(tenant)?.ledger;
      if (ledger !== undefined && hasQuota(tenant)) pages[tenant.name] = ledger.pageFor(shard);
    }
    return pages;
  }

  /** Another shard's report to this one. */
  take({ shard, namespaces, ledgers }: UsageReport, nowMs: number): void {
    this.#others.set(shard, { namespaces, ledgers, atMs: nowMs });
    if (!this.#shards.includes(shard)) return;
    for (const tenant of this.#registry.tenants()) {
      if (!hasQuota(tenant)) continue;
      const page = ledgers[tenant.name];
      if (page !== undefined) this.#read(tenant, this.#ledgerOf(tenant, nowMs), shard, page, nowMs);
      this.wanted ||= quotaKinds.some((kind) => wants(kind, quotaOf(tenant, kind), namespaces[tenant.name]));
    }
  }

  #read(tenant: Tenant, ledger: QuotaLedger, shard: number, page: LedgerPage, nowMs: number): void {
    const saved = savings.map(({ column }) => ledger.balance(column));
    if (!ledger.read(shard, page)) return;
    this.#setParts(tenant, nowMs);
    savings.forEach(({ kind, column }, i) => bucketOf(tenant, kind).add(ledger.balance(column) - saved[i]));
  }

  #ledgerOf(tenant: Tenant, nowMs: number): QuotaLedger {
    const known = this.#ledgers.get(tenant);
    const quota = tenant.settings?.quota;
    if (known !== undefined && known.quota === quota && known.shards === this.#shards) return known.ledger;
    const era = `${JSON.stringify(quota)} ${this.#shards.join()}`;
    const ledger = known?.ledger.era === era ? known.ledger : new QuotaLedger(era, nowMs);
    this.#ledgers.set(tenant, { ledger, quota, shards: this.#shards });
    if (ledger === known?.ledger) return ledger;
    // What came before this shard knew of it.
    for (const shard of this.#shards) {
      const page = this.#others.get(shard)?.ledgers[tenant.name];
      if (page !== undefined) ledger.read(shard, page);
    }
    return ledger;
  }

  #useOf(tenant: Tenant, nowMs: number): readonly number[] {
    const registry = this.#registry;
    const { id } = tenant;
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
    const memory = [this.#store.chargedBytes(id), registry.pressureBytes[id], 0];
    const keys = [this.#store.namespaceKeys[id], registry.pressureKeys[id], 0];
    const connections = [tenant.connections, tenant.connectionsRefused, 0];
    tenant.connectionsRefused = 0;
    registry.pressureBytes[id] = 0;
    registry.pressureKeys[id] = 0;
    return [rates.operations, rates.egressBytes, ...memory, ...keys, ...connections, 0, 0].map((value) => Math.round(value * 1000) / 1000);
  }

  #give(tenant: Tenant, use: readonly number[], nowMs: number): void {
    const ledger = this.#ledgerOf(tenant, nowMs);
    const self = this.#shards.indexOf(this.#self);
    for (const kind of quotaKinds) {
      const quota = quotaOf(tenant, kind);
      if (quota === undefined) continue;
      const [at, wantedAt] = placeOf[kind];
      const own = { held: use[at], wanted: use[wantedAt] ?? 0, part: this.#dealtTo(self, kind, quota) + ledger.balance(kind) };
      const all = this.#shards.map((shard, place) => (place === self ? own : this.#amountOf(tenant.name, ledger, shard, place, kind, quota, nowMs)));
      const gifts = isRate(kind) ? rateGiftsOf(quota, all.map(({ held }) => held), all.map(({ part }) => part), self) : giftsOf(quota, all, self, kind === 'connections' ? Math.min(1, Math.floor(quota / all.length)) : 0);
      gifts.forEach((amount, place) => amount > 0 && ledger.give(this.#shards[place], kind, amount));
      const saving = savings.find((one) => one.kind === kind);
      if (saving !== undefined) this.#giveSaved(tenant, ledger, saving, gifts.map((gift) => gift / Math.max(own.part, 1e-9)), nowMs);
    }
  }

  /** What was saved up goes with the part of the rate by which it was. */
  #giveSaved(tenant: Tenant, ledger: QuotaLedger, { kind, column }: (typeof savings)[number], shares: readonly number[], nowMs: number): void {
    const bucket = bucketOf(tenant, kind);
    bucket.refill(nowMs);
    const saved = Math.max(0, bucket.tokens);
    if (saved === Infinity) return;
    shares.forEach((share, place) => {
      if (share <= 0) return;
      ledger.give(this.#shards[place], column, saved * share);
      bucket.add(-saved * share);
    });
  }

  /** A shard that says nothing wants nothing, and keeps what it had. */
  #amountOf(name: string, ledger: QuotaLedger, shard: number, place: number, kind: QuotaKind, quota: number, nowMs: number): { held: number; wanted: number; part: number } {
    const other = this.#others.get(shard);
    const use = other?.namespaces[name];
    if (other?.ledgers[name]?.era !== ledger.era || use === undefined) return { held: 0, wanted: 0, part: this.#dealtTo(place, kind, quota) };
    const [at, wantedAt, partAt] = placeOf[kind];
    const part = (use[partAt] ?? 0) + ledger.onTheWayTo(shard, kind);
    if (nowMs - other.atMs <= reportHoldsMs) return { held: use[at], wanted: use[wantedAt] ?? 0, part };
    return isRate(kind) ? { held: 0, wanted: 0, part } : { held: part, wanted: 0, part };
  }

  #dealtTo(place: number, kind: QuotaKind, quota: number): number {
    return evenPartOf(quota, this.#shards.length, place, isWhole(kind));
  }

  #setParts(tenant: Tenant, nowMs: number): void {
    const ledger = this.#ledgerOf(tenant, nowMs);
    const self = this.#shards.indexOf(this.#self);
    if (self < 0) return;
    const part = (kind: QuotaKind): number => {
      const quota = quotaOf(tenant, kind);
      if (quota === undefined) return Infinity;
      const inherited = isRate(kind) ? this.#leftBySilent(tenant.name, ledger, kind, quota, nowMs) : 0;
      return Math.max(0, this.#dealtTo(self, kind, quota) + ledger.balance(kind) + inherited);
    };
    this.#registry.setParts(tenant, { operations: part('operations'), egressBytes: part('egressBytes'), memoryBytes: part('memoryBytes'), keys: part('keys'), connections: part('connections') });
  }

  /** An even part of the rates of those who have not been heard for so long that their own right to them is over. */
  #leftBySilent(name: string, ledger: QuotaLedger, kind: QuotaKind, quota: number, nowMs: number): number {
    let left = 0;
    let speaking = this.#shards.length;
    this.#shards.forEach((shard, place) => {
      const heardAtMs = Math.max(this.#others.get(shard)?.atMs ?? 0, this.#awakeSinceMs, ledger.sinceMs);
      if (shard === this.#self || nowMs - heardAtMs <= reportHoldsMs) return;
      speaking--;
      left += Math.max(0, this.#amountOf(name, ledger, shard, place, kind, quota, nowMs).part);
    });
    return left / speaking;
  }
}

function hasQuota({ settings }: Tenant): boolean {
  return settings !== undefined && Object.values(settings.quota).some((limit) => limit !== undefined);
}

function quotaOf({ settings }: Tenant, kind: QuotaKind): number | undefined {
  const { opsPerSecond, egressBytesPerSecond, memoryBytes, keys, connections } = settings?.quota ?? {};
  return { operations: opsPerSecond, egressBytes: egressBytesPerSecond, memoryBytes, keys, connections }[kind];
}

/** A shard that reports so has less than it asks for. */
function wants(kind: QuotaKind, quota: number | undefined, use: readonly number[] | undefined): boolean {
  if (use === undefined || quota === undefined) return false;
  const [at, wantedAt, partAt] = placeOf[kind];
  return isRate(kind) ? use[at] - (use[partAt] ?? Infinity) > quota * smallRate : use[wantedAt] > 0 || use[at] > use[partAt];
}

function withParts(use: readonly number[], parts: QuotaParts): readonly number[] {
  const full = [...use];
  for (const kind of quotaKinds) full[placeOf[kind][2]] = parts[kind] === Infinity ? 0 : Math.round(parts[kind] * 1000) / 1000;
  return full;
}
