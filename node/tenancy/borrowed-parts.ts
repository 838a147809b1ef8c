import type { NamespaceRegistry } from '../tenants/registry.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { AskedRates } from './asked-rates.ts';
import type { CopyReport, CopyUse, Loan, LoanTable } from './loans.ts';
import { forfeit } from './usage-reports.ts';
import { bucketOf, isRate, lentKinds, quotaOf, ratesHoldMs, rounded, type LentKind } from './quota-kinds.ts';

/** Of one namespace. */
interface Borrowed {
  parts: number[];
  /** Saved-up operations and bytes that came from the primary so far, and that went back. */
  readonly received: number[];
  readonly returned: number[];
}

const isLimited = (tenant: Tenant): boolean => lentKinds.some((kind) => quotaOf(tenant, kind) !== undefined);

/** Reports whose answers may still come. */
const mostUnanswered = 64;

/** What a node that does not lead may use of the quotas: what its primary lends it (`Loans`). It has less before it says so, and more only when it is told. */
export class BorrowedParts {
  readonly #registry: NamespaceRegistry;
  readonly #rates: AskedRates;
  readonly #incarnation: string;
  readonly #byName = new Map<string, Borrowed>();
  readonly #sentAtMs = new Map<number, number>();
  #number = 0;
  #epoch = -1;
  #table = 0;
  #holdsUntilMs = -Infinity;
  /** Has led, or has had nothing to do with quotas, until now: it has something on trust. */
  #begins = true;

  constructor(registry: NamespaceRegistry, rates: AskedRates, incarnation: string) {
    this.#registry = registry;
    this.#rates = rates;
    this.#incarnation = incarnation;
  }

  /** This node leads: nobody lends it anything. */
  lead(): void {
    this.#byName.clear();
    this.#begins = true;
  }

  /** Puts in force what there is, and says so; undefined: no namespace has such a quota. */
  report(shard: number, pod: string, nowMs: number): CopyReport | undefined {
    this.keep(nowMs);
    const namespaces: Record<string, CopyUse> = {};
    let some = false;
    for (const tenant of this.#registry.tenants()) {
      if (!isLimited(tenant)) continue;
      some = true;
      const { parts } = tenant;
      namespaces[tenant.name] = {
        asked: this.#rates.of(tenant, nowMs).map(rounded),
        connections: [tenant.connections, tenant.connectionsRefused],
        parts: lentKinds.map((kind) => (parts[kind] === Infinity ? 0 : parts[kind])),
        returned: [...this.#of(tenant).returned],
      };
      tenant.connectionsRefused = 0;
    }
    if (!some) {
      this.#begins = true;
      return undefined;
    }
    this.#number++;
    this.#sentAtMs.set(this.#number, nowMs);
    if (this.#sentAtMs.size > mostUnanswered) this.#sentAtMs.delete(this.#number - mostUnanswered);
    return { shard, pod, incarnation: this.#incarnation, number: this.#number, epoch: this.#epoch, table: this.#table, namespaces };
  }

  /** What the primary says. `news`: it is to be told that this node obeys. */
  take({ epoch, number, heard, loans }: LoanTable, nowMs: number): 'old' | 'known' | 'news' {
    if (epoch < this.#epoch || (epoch === this.#epoch && number <= this.#table)) return 'old';
    // Another primary counts from 0 what it sends along.
    if (epoch !== this.#epoch) for (const borrowed of this.#byName.values()) borrowed.received.fill(0);
    this.#epoch = epoch;
    this.#table = number;
    if (nowMs > this.#holdsUntilMs) forfeit(this.#registry, nowMs);
    this.#holdsUntilMs = Math.max(this.#holdsUntilMs, (this.#sentAtMs.get(heard[this.#incarnation] ?? 0) ?? -Infinity) + ratesHoldMs);
    let news = false;
    for (const [name, loan] of Object.entries(loans[this.#incarnation] ?? {})) {
      const tenant = this.#registry.byName(name);
      if (tenant !== undefined) news = this.#obey(tenant, loan, nowMs) || news;
    }
    this.keep(nowMs);
    return news ? 'news' : 'known';
  }

  /** Parts as they are now: connections that are still held are had. */
  keep(nowMs: number): void {
    if (this.#begins) {
      this.#begins = false;
      this.#holdsUntilMs = nowMs + ratesHoldMs;
    }
    this.#registry.ratesHoldUntilMs = this.#holdsUntilMs;
    for (const tenant of this.#registry.tenants()) {
      if (!isLimited(tenant)) continue;
      const { parts } = this.#of(tenant);
      const part = (kind: LentKind): number => {
        const quota = quotaOf(tenant, kind);
        return quota === undefined ? Infinity : Math.min(quota, parts[lentKinds.indexOf(kind)]);
      };
      const connections = nowMs > this.#holdsUntilMs && part('connections') !== Infinity ? 0 : part('connections');
      this.#registry.setParts(tenant, { ...tenant.parts, operations: part('operations'), egressBytes: part('egressBytes'), connections: Math.max(connections, tenant.connections) });
    }
  }

  #obey(tenant: Tenant, { parts, saved }: Loan, nowMs: number): boolean {
    const borrowed = this.#of(tenant);
    const had = borrowed.parts;
    lentKinds.forEach((kind, i) => {
      if (!isRate(kind)) return;
      const bucket = bucketOf(tenant, kind);
      bucket.refill(nowMs);
      if (parts[i] >= had[i] || !bucket.limited) return;
      const back = (Math.max(0, bucket.tokens) * (had[i] - parts[i])) / had[i];
      bucket.add(-back);
      borrowed.returned[i] = rounded(borrowed.returned[i] + back);
    });
    borrowed.parts = [...parts];
    this.keep(nowMs);
    lentKinds.forEach((kind, i) => {
      if (!isRate(kind)) return;
      bucketOf(tenant, kind).add(Math.max(0, saved[i] - borrowed.received[i]));
      borrowed.received[i] = Math.max(borrowed.received[i], saved[i]);
    });
    return parts.some((part, i) => part !== had[i]);
  }

  #of(tenant: Tenant): Borrowed {
    const known = this.#byName.get(tenant.name);
    if (known !== undefined) return known;
    const trusted = this.#registry.trustedParts(tenant);
    const fresh = { parts: lentKinds.map((kind) => (trusted[kind] === Infinity ? 0 : trusted[kind])), received: [0, 0], returned: [0, 0] };
    this.#byName.set(tenant.name, fresh);
    return fresh;
  }
}
