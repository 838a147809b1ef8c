import type { NamespaceRegistry } from '../tenants/registry.ts';
import { evenPartOf, giftsOf, rateGiftsOf } from '../tenants/quota-split.ts';
import type { QuotaParts, Tenant } from '../tenants/tenant.ts';
import type { Store } from '../engine/store.ts';
import { AskedRates } from './asked-rates.ts';
import { Loans, type CopyReport } from './loans.ts';
import { bucketOf, hasQuota, isLent, isRate, isWhole, quotaOf, ratesHoldMs, rounded, type LentKind, type RateKind } from './quota-kinds.ts';
import { QuotaLedger, quotaKinds, type LedgerPage, type QuotaKind } from './quota-ledger.ts';

/** What a shard that has not reported for so long had of rates is used by the others. */
const reportHoldsMs = 5_000;
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

type Use = UsageReport['namespaces'];
type Other = Pick<UsageReport, 'namespaces' | 'ledgers'> & { readonly atMs: number };

/** Where the numbers about a quota stand in a report: what is asked for or held, what was wanted in vain (none for rates), and the part. */
const placeOf = { operations: [0, -1, 11], egressBytes: [1, -1, 12], memoryBytes: [2, 3, 4], keys: [5, 6, 7], connections: [8, 9, 10] } as const satisfies Record<QuotaKind, readonly [number, number, number]>;
const savings = [{ kind: 'operations', column: 'savedOperations' }, { kind: 'egressBytes', column: 'savedEgressBytes' }] as const;

/** How much of each quota this shard may use. Parts begin even; those who have more than they use give to those who want (`QuotaLedger`). No counter is shared. */
export class UsageReports {
  readonly #registry: NamespaceRegistry;
  readonly #store: Store;
  readonly #rates: AskedRates;
  readonly #ledgers = new WeakMap<Tenant, { readonly ledger: QuotaLedger; readonly quota: unknown; readonly shards: readonly number[] }>();
  readonly #others = new Map<number, Other>();
  #shards: readonly number[] = [];
  #self = -1;
  #leads = false;
  #reportedAtMs = -Infinity;
  /** Others may have spoken before that without having been heard. */
  #awakeSinceMs = 0;
  /** Another shard wants something: this one looks soon whether it has it. */
  wanted = false;

  /** What this node lends to its copies, when it leads. */
  readonly loans = new Loans();

  constructor(registry: NamespaceRegistry, store: Store, rates: AskedRates = new AskedRates()) {
    this.#registry = registry;
    this.#store = store;
    this.#rates = rates;
  }

  /** What this shard used since the last call, after it has given what it can spare. `shards`: those that own slots, ascending; `copies`: incarnations of the others of this one. */
  report(shards: readonly number[], self: number, nowMs: number, copies: readonly string[] = []): Use {
    this.#leads = true;
    const silentMs = nowMs - this.#reportedAtMs;
    if (silentMs > ratesHoldMs) this.#awakeSinceMs = nowMs;
    if (silentMs > ratesHoldMs && silentMs !== Infinity && shards.length > 1) forfeit(this.#registry, nowMs);
    this.#reportedAtMs = nowMs;
    if (shards.join() !== this.#shards.join()) this.#shards = shards;
    this.#self = self;
    this.wanted = false;
    this.#registry.ratesHoldUntilMs = shards.length > 1 ? nowMs + ratesHoldMs : Infinity;
    this.loans.forgetSilent(nowMs);
    const told: Record<string, readonly number[]> = {};
    for (const tenant of this.#registry.tenants()) {
      if (!hasQuota(tenant)) continue;
      const trusted = this.#registry.trustedParts(tenant);
      this.loans.expect(copies, tenant, (kind) => trusted[kind], nowMs);
      const own = this.#useOf(tenant, nowMs);
      const use = this.#withCopies(tenant, own);
      if (shards.includes(self)) {
        this.#give(tenant, own, use, nowMs);
        this.#lend(tenant, own, nowMs);
        this.#setParts(tenant, nowMs);
      }
      told[tenant.name] = withParts(use, this.#shardParts(tenant, nowMs));
    }
    return told;
  }

  /** Another leads, or nobody: what others say changes nothing here. */
  rest(): void {
    this.#leads = false;
  }

  /** A report of a copy of this shard. */
  takeFromCopy(report: CopyReport, nowMs: number): void {
    if (!this.loans.take(report, nowMs)) return;
    for (const tenant of this.#registry.tenants()) {
      const use = report.namespaces[tenant.name];
      if (use === undefined) continue;
      const lacks = (kind: RateKind, i: number): boolean => use.asked[i] - use.parts[i] > (quotaOf(tenant, kind) ?? Infinity) * smallRate;
      this.wanted ||= use.connections[1] > 0 || savings.some(({ kind }, i) => lacks(kind, i));
    }
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
    const memory = [this.#store.chargedBytes(id), registry.pressureBytes[id], 0];
    const keys = [this.#store.namespaceKeys[id], registry.pressureKeys[id], 0];
    const connections = [tenant.connections, tenant.connectionsRefused, 0];
    tenant.connectionsRefused = 0;
    registry.pressureBytes[id] = 0;
    registry.pressureKeys[id] = 0;
    return [...this.#rates.of(tenant, nowMs), ...memory, ...keys, ...connections, 0, 0].map(rounded);
  }

  /** The shard asks for what its copies ask for, too. */
  #withCopies(tenant: Tenant, own: readonly number[]): readonly number[] {
    const { loans } = this;
    const use = [...own];
    for (const kind of quotaKinds) if (isLent(kind)) use[placeOf[kind][0]] += loans.asked(tenant, kind);
    use[placeOf.connections[1]] += loans.connectionsWanted(tenant);
    return use;
  }

  /** To the shard's copies, of what it has now. */
  #lend(tenant: Tenant, own: readonly number[], nowMs: number): void {
    this.loans.returned(tenant).forEach((amount, i) => bucketOf(tenant, savings[i].kind).add(amount));
    const [held, wanted] = placeOf.connections;
    this.loans.lend(tenant, (kind) => this.#had(tenant, kind, nowMs), { asked: own, connections: [own[held], own[wanted]] }, nowMs);
  }

  /** The shard's part of a quota, but for what it has only as long as others are silent. */
  #had(tenant: Tenant, kind: QuotaKind, nowMs: number): number {
    return this.#dealtTo(this.#shards.indexOf(this.#self), kind, quotaOf(tenant, kind) ?? 0) + this.#ledgerOf(tenant, nowMs).balance(kind);
  }

  #give(tenant: Tenant, alone: readonly number[], use: readonly number[], nowMs: number): void {
    const ledger = this.#ledgerOf(tenant, nowMs);
    const self = this.#shards.indexOf(this.#self);
    for (const kind of quotaKinds) {
      const quota = quotaOf(tenant, kind);
      if (quota === undefined) continue;
      const [at, wantedAt] = placeOf[kind];
      const own = { held: use[at], wanted: use[wantedAt] ?? 0, part: this.#dealtTo(self, kind, quota) + ledger.balance(kind) };
      const all = this.#shards.map((shard, place) => (place === self ? own : this.#amountOf(tenant.name, ledger, shard, place, kind, quota, nowMs)));
      const gifts = isRate(kind) ? rateGiftsOf(quota, all.map(({ held }) => held), all.map(({ part }) => part), self) : giftsOf(quota, all, self, kind === 'connections' ? Math.min(1, Math.floor(quota / all.length)) : 0);
      // What its copies have it cannot give.
      const inHand = isLent(kind) ? own.part - this.loans.lent(tenant, kind) : own.part;
      const given = withinReach(gifts, inHand - (kind === 'connections' ? alone[at] : 0), isWhole(kind));
      given.forEach((amount, place) => amount > 0 && ledger.give(this.#shards[place], kind, amount));
      const saving = savings.find((one) => one.kind === kind);
      if (saving !== undefined) this.#giveSaved(tenant, ledger, saving, given.map((gift) => gift / Math.max(inHand, 1e-9)), nowMs);
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

  /** This node's parts: the shard's without those of its copies. */
  #setParts(tenant: Tenant, nowMs: number): void {
    if (!this.#leads || !this.#shards.includes(this.#self)) return;
    const parts = this.#shardParts(tenant, nowMs);
    const own = (kind: LentKind): number => Math.max(0, parts[kind] - this.loans.lent(tenant, kind));
    this.#registry.setParts(tenant, { ...parts, operations: own('operations'), egressBytes: own('egressBytes'), connections: own('connections') });
  }

  #shardParts(tenant: Tenant, nowMs: number): QuotaParts {
    if (!this.#shards.includes(this.#self)) return tenant.parts;
    const part = (kind: QuotaKind): number => {
      const quota = quotaOf(tenant, kind);
      if (quota === undefined) return Infinity;
      return Math.max(0, this.#had(tenant, kind, nowMs) + (isRate(kind) ? this.#leftBySilent(tenant.name, this.#ledgerOf(tenant, nowMs), kind, quota, nowMs) : 0));
    };
    return { operations: part('operations'), egressBytes: part('egressBytes'), memoryBytes: part('memoryBytes'), keys: part('keys'), connections: part('connections') };
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

/** Whoever has not been heard for so long comes back with nothing saved up of its rates. */
export function forfeit(registry: NamespaceRegistry, nowMs: number): void {
  for (const { operations, egress } of registry.tenants()) {
    operations.forfeit(nowMs);
    egress.forfeit(nowMs);
  }
}

/** No more than there is. */
function withinReach(gifts: readonly number[], inHand: number, whole: boolean): readonly number[] {
  const total = gifts.reduce((sum, gift) => sum + gift, 0);
  if (total <= inHand) return gifts;
  const shares = gifts.map((gift) => (gift * Math.max(0, inHand)) / total);
  return whole ? shares.map(Math.floor) : shares;
}

/** A shard that reports so has less than it asks for. */
function wants(kind: QuotaKind, quota: number | undefined, use: readonly number[] | undefined): boolean {
  if (use === undefined || quota === undefined) return false;
  const [at, wantedAt, partAt] = placeOf[kind];
  return isRate(kind) ? use[at] - (use[partAt] ?? Infinity) > quota * smallRate : use[wantedAt] > 0 || use[at] > use[partAt];
}

function withParts(use: readonly number[], parts: QuotaParts): readonly number[] {
  const full = [...use];
  for (const kind of quotaKinds) full[placeOf[kind][2]] = parts[kind] === Infinity ? 0 : rounded(parts[kind]);
  return full;
}
