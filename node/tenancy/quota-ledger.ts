/** Quotas of a namespace, in the order of the numbers on a page. */
export const quotaKinds = ['operations', 'egressBytes', 'memoryBytes', 'keys', 'connections'] as const;
export type QuotaKind = (typeof quotaKinds)[number];
/** On a page, behind the quotas: what had been saved up of a rate goes with it. */
const columns = [...quotaKinds, 'savedOperations', 'savedEgressBytes'] as const;
export type LedgerColumn = (typeof columns)[number];

/** What passed between two shards since the ledger was begun, by kind; the sums only grow, so that a page that is lost, late or read twice changes nothing. */
export interface LedgerPage {
  /** Which quotas, dealt out to which shards: pages of another time mean nothing. */
  readonly era: string;
  /** What the sender gave to the reader. */
  readonly gave: readonly number[];
  /** What the sender has had from the reader. */
  readonly got: readonly number[];
}

interface Account {
  readonly gave: number[];
  readonly got: number[];
  /** What it has had of that, as far as it has said. */
  readonly confirmed: number[];
}

const noneOfAny = (): number[] => columns.map(() => 0);

/**
 * What one shard gave to and had from each of the others of its even parts. Who gives has less before the other has more, so all parts together are never more than the quota, whoever stops, is late or says
 * nothing for however long. A shard that has lost its own pages is told them by the others.
 */
export class QuotaLedger {
  readonly era: string;
  readonly sinceMs: number;
  readonly #accounts = new Map<number, Account>();
  readonly #balance = noneOfAny();

  constructor(era: string, sinceMs: number) {
    this.era = era;
    this.sinceMs = sinceMs;
  }

  /** What it has had more than it gave. */
  balance(kind: LedgerColumn): number {
    return this.#balance[columns.indexOf(kind)];
  }

  /** Given, and not known to have arrived. */
  onTheWayTo(shard: number, kind: QuotaKind): number {
    const account = this.#accounts.get(shard);
    const at = quotaKinds.indexOf(kind);
    return account === undefined ? 0 : account.gave[at] - account.confirmed[at];
  }

  give(shard: number, kind: LedgerColumn, amount: number): void {
    const at = columns.indexOf(kind);
    this.#account(shard).gave[at] += amount;
    this.#balance[at] -= amount;
  }

  /** False: it is of another time. */
  read(shard: number, { era, gave, got }: LedgerPage): boolean {
    if (era !== this.era) return false;
    const account = this.#account(shard);
    for (let at = 0; at < columns.length; at++) {
      this.#balance[at] += raise(account.got, at, gave[at] ?? 0) - raise(account.gave, at, got[at] ?? 0);
      raise(account.confirmed, at, got[at] ?? 0);
    }
    return true;
  }

  pageFor(shard: number): LedgerPage {
    const { gave, got } = this.#account(shard);
    return { era: this.era, gave, got };
  }

  #account(shard: number): Account {
    const account = this.#accounts.get(shard) ?? { gave: noneOfAny(), got: noneOfAny(), confirmed: noneOfAny() };
    this.#accounts.set(shard, account);
    return account;
  }
}

/** By how much it rose. */
function raise(sums: number[], at: number, to: number): number {
  const risen = Math.max(0, to - sums[at]);
  sums[at] += risen;
  return risen;
}
