import type { Tenant } from '../tenants/tenant.ts';
import { bucketOf, isRate, lentKinds, quotaOf, type LentKind } from './quota-kinds.ts';

/** What a copy that does not lead has of a quota, in the order of `lentKinds`. */
type Parts = readonly number[];

/** What a copy says of one namespace. */
export interface CopyUse {
  /** Operations and reply bytes a second that were asked for. */
  readonly asked: readonly number[];
  /** Held, and refused since the last report. */
  readonly connections: readonly [held: number, wanted: number];
  readonly parts: Parts;
  /** Saved-up operations and bytes that it has given back so far. */
  readonly returned: readonly number[];
}

/** What a copy that does not lead tells the primary of its shard. */
export interface CopyReport {
  readonly shard: number;
  readonly pod: string;
  readonly incarnation: string;
  /** Rises with each of its reports. */
  readonly number: number;
  /** The table that it obeys. */
  readonly epoch: number;
  readonly table: number;
  readonly namespaces: Readonly<Record<string, CopyUse>>;
}

export interface Loan {
  readonly parts: Parts;
  /** Saved-up operations and bytes that went along so far. */
  readonly saved: readonly number[];
}

/** What the primary of a shard tells its copies: what each of them has of the shard's parts. Whoever takes over knows it all. */
export interface LoanTable {
  readonly shard: number;
  readonly epoch: number;
  readonly number: number;
  /** By incarnation, its last report that was heard. */
  readonly heard: Readonly<Record<string, number>>;
  /** By incarnation and namespace. */
  readonly loans: Readonly<Record<string, Readonly<Record<string, Loan>>>>;
}

/** Of a namespace in a copy. */
interface Account {
  parts: number[];
  saved: number[];
  /** The table that first said so. */
  since: number;
  /** What it has said of what it gave back; undefined: nothing yet. */
  returned: readonly number[] | undefined;
}

interface Copy {
  pod: string;
  heardAtMs: number;
  heard: number;
  /** The table that it obeys. */
  obeys: number;
  namespaces: CopyReport['namespaces'];
  readonly accounts: Map<string, Account>;
}

/** One that has not been heard yet. */
const newCopy = (heardAtMs: number, accounts = new Map<string, Account>()): Copy => ({ pod: '', heardAtMs, heard: 0, obeys: 0, namespaces: {}, accounts });

/** A copy that has said nothing for so long has nothing any more: its own right to rates is over before, and without its primary it serves nobody. */
const silentMs = 5_000;
/** Of a rate that is used up, the share that is dealt out all the same, so that who was idle can begin. */
const evenShareOfRate = 0.002;
/** What nobody asks for is dealt out by weight: most clients ask primaries only. */
const idleCopyWeight = 0.1;
/** A part that would change by less stays. */
const smallChange = 0.001;

/**
 * What the primary of a shard lends to its copies of the shard's parts. It has less itself before a copy has more, and has back what a copy has said that it gave up, or what one that has been silent
 * had; so all parts together are never more than the quota.
 */
export class Loans {
  readonly #copies = new Map<string, Copy>();
  readonly #expected = new Set<string>();
  #epoch = -1;
  #number = 0;

  /** This node leads from now on: what the primary before lent is lent. */
  lead(epoch: number, own: string, nowMs: number): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#number = 1;
    this.#copies.delete(own);
    this.#expected.clear();
    for (const copy of this.#copies.values()) {
      copy.heardAtMs = nowMs;
      copy.obeys = 0;
      for (const account of copy.accounts.values()) Object.assign(account, { saved: [0, 0], since: 1, returned: undefined });
    }
  }

  /** Copies, known by their incarnations, that have something on trust until they are heard for the first time. */
  expect(incarnations: readonly string[], tenant: Tenant, trusted: (kind: LentKind) => number, nowMs: number): void {
    for (const incarnation of incarnations) {
      if (!this.#expected.has(incarnation)) {
        this.#expected.add(incarnation);
        if (!this.#copies.has(incarnation)) this.#copies.set(incarnation, newCopy(nowMs));
      }
      const copy = this.#copies.get(incarnation);
      if (copy === undefined || copy.accounts.has(tenant.name) || copy.namespaces[tenant.name] !== undefined) continue;
      accountOf(copy.accounts, tenant.name).parts = lentKinds.map((kind) => (quotaOf(tenant, kind) === undefined ? 0 : trusted(kind)));
      // It begins with a second's worth.
      for (const kind of lentKinds) if (isRate(kind) && quotaOf(tenant, kind) !== undefined) bucketOf(tenant, kind).add(-trusted(kind));
    }
  }

  /** While another leads: what it lends to whom. */
  note(table: LoanTable, nowMs: number): void {
    this.#copies.clear();
    for (const [incarnation, loans] of Object.entries(table.loans)) {
      const accounts = new Map(Object.entries(loans).map(([name, { parts }]): [string, Account] => [name, { parts: [...parts], saved: [0, 0], since: 0, returned: undefined }]));
      this.#copies.set(incarnation, newCopy(nowMs, accounts));
    }
  }

  /** A copy's report; false: an old one. */
  take(report: CopyReport, nowMs: number): boolean {
    const { incarnation, pod, number, epoch, table, namespaces } = report;
    const copy = this.#copies.get(incarnation) ?? newCopy(nowMs);
    if (number <= copy.heard) return false;
    Object.assign(copy, { pod, heardAtMs: nowMs, heard: number, obeys: epoch === this.#epoch ? Math.max(copy.obeys, table) : copy.obeys, namespaces });
    this.#copies.set(incarnation, copy);
    for (const [name, { since }] of copy.accounts) if (namespaces[name] === undefined && since <= copy.obeys) copy.accounts.delete(name);
    return true;
  }

  /** What came back of what had been saved up of the rates, since the last call. */
  returned({ name }: Tenant): readonly number[] {
    const sums = [0, 0];
    for (const { namespaces, accounts, heard } of this.#copies.values()) {
      const said = namespaces[name]?.returned;
      if (heard === 0 || said === undefined) continue;
      const account = accountOf(accounts, name);
      const before = account.returned ?? said;
      account.returned = said;
      said.forEach((amount, i) => (sums[i] += Math.max(0, amount - before[i])));
    }
    return sums;
  }

  /** Those that have been silent have nothing any more. */
  forgetSilent(nowMs: number): void {
    for (const [incarnation, { heardAtMs }] of this.#copies) if (nowMs - heardAtMs > silentMs) this.#copies.delete(incarnation);
  }

  /** What the copies ask for of a rate, or hold. */
  asked({ name }: Tenant, kind: LentKind): number {
    return this.#sum(({ namespaces }) => askedIn(namespaces[name], kind));
  }

  connectionsWanted({ name }: Tenant): number {
    return this.#sum(({ namespaces }) => namespaces[name]?.connections[1] ?? 0);
  }

  /** What the copies have, or may have by now. */
  lent({ name }: Tenant, kind: LentKind): number {
    return this.#sum((copy) => lentTo(copy, name, kind));
  }

  /** Deals a shard's part out anew. `own`: what the primary itself asks for; what it saved up goes along. */
  lend(tenant: Tenant, shardPart: (kind: LentKind) => number, own: Pick<CopyUse, 'asked' | 'connections'>, nowMs: number): void {
    const { name } = tenant;
    const next = this.#number + 1;
    const open = [...this.#copies.values()].filter((copy) => copy.namespaces[name] !== undefined && (copy.accounts.get(name)?.since ?? 0) <= copy.obeys);
    for (const kind of lentKinds) {
      if (open.length === 0 || quotaOf(tenant, kind) === undefined) continue;
      const base = shardPart(kind);
      const uses = [own, ...open.map(({ namespaces }) => namespaces[name])];
      const all = uses.map((use) => askedIn(use, kind));
      const fair = isRate(kind) ? shareOfRate(base, all) : shareOfConnections(base, all, uses.map(({ connections }) => connections[1]));
      let inHand = base - this.lent(tenant, kind);
      const keeps = isRate(kind) ? 0 : all[0];
      open.forEach((copy, i) => {
        const has = lentTo(copy, name, kind);
        const change = Math.min(fair[i + 1] - has, Math.max(0, inHand - keeps));
        if (Math.abs(change) <= (isRate(kind) ? base * smallChange : 0)) return;
        const account = accountOf(copy.accounts, name);
        const at = lentKinds.indexOf(kind);
        account.parts[at] = has + change;
        account.since = next;
        if (change <= 0) return;
        if (isRate(kind)) account.saved[at] += savedWith(tenant, kind, change / inHand, nowMs);
        inHand -= change;
      });
    }
  }

  /** For all copies. */
  table(shard: number): LoanTable {
    this.#number++;
    const heard: Record<string, number> = {};
    const loans: Record<string, Readonly<Record<string, Loan>>> = {};
    for (const [incarnation, copy] of this.#copies) {
      heard[incarnation] = copy.heard;
      loans[incarnation] = Object.fromEntries([...copy.accounts].map(([name, { parts, saved }]) => [name, { parts, saved }]));
    }
    return { shard, epoch: this.#epoch, number: this.#number, heard, loans };
  }

  pods(): readonly string[] {
    return [...this.#copies.values()].flatMap(({ pod }) => (pod === '' ? [] : [pod]));
  }

  #sum(amountOf: (copy: Copy) => number): number {
    let sum = 0;
    for (const copy of this.#copies.values()) sum += amountOf(copy);
    return sum;
  }
}

function accountOf(accounts: Map<string, Account>, name: string): Account {
  const account = accounts.get(name) ?? { parts: lentKinds.map(() => 0), saved: [0, 0], since: 0, returned: undefined };
  accounts.set(name, account);
  return account;
}

/** Until a copy has said that it obeys, it may have what it had or what it was told. */
function lentTo({ accounts, namespaces, obeys }: Copy, name: string, kind: LentKind): number {
  const at = lentKinds.indexOf(kind);
  const account = accounts.get(name);
  const told = account?.parts[at] ?? 0;
  const said = namespaces[name]?.parts[at];
  return said !== undefined && (account?.since ?? 0) <= obeys ? said : Math.max(told, said ?? 0);
}

function askedIn(use: Pick<CopyUse, 'asked' | 'connections'> | undefined, kind: LentKind): number {
  if (use === undefined) return 0;
  return isRate(kind) ? use.asked[lentKinds.indexOf(kind)] : use.connections[0];
}

function savedWith(tenant: Tenant, kind: 'operations' | 'egressBytes', share: number, nowMs: number): number {
  const bucket = bucketOf(tenant, kind);
  bucket.refill(nowMs);
  const saved = Math.max(0, bucket.tokens);
  if (saved === Infinity) return 0;
  bucket.add(-saved * share);
  return saved * share;
}

/** What each asks for, the primary first, and of what is left a share by weight; in proportion, where all together ask for more than there is. */
function shareOfRate(part: number, asked: readonly number[]): readonly number[] {
  const total = sumOf(asked);
  const left = Math.max(part - total, part * evenShareOfRate);
  const weights = asked.map((one, i) => (i === 0 || one > 0 ? 1 : idleCopyWeight));
  const weight = sumOf(weights);
  return asked.map((one, i) => (total === 0 ? 0 : ((part - left) * one) / total) + (left * weights[i]) / weight);
}

/** What each holds, the primary first, and of the others first what is wanted, then even shares. */
function shareOfConnections(part: number, held: readonly number[], wanted: readonly number[]): readonly number[] {
  const left = Math.max(0, Math.floor(part - sumOf(held)));
  const total = sumOf(wanted);
  const toWanted = Math.min(left, total);
  const even = total > 0 ? 0 : Math.floor(left / held.length);
  return held.map((one, i) => one + even + (total === 0 ? 0 : Math.ceil((toWanted * wanted[i]) / total)));
}

const sumOf = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0);
