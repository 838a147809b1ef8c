import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NamespaceSettings } from '../../shared/namespaces/document.ts';
import { Admission, type TenantClient } from '../tenants/admission.ts';
import { settingsFor, TenantDriver } from '../tenants/test-namespaces.ts';
import { AskedRates } from './asked-rates.ts';
import { BorrowedParts } from './borrowed-parts.ts';
import type { CopyReport, LoanTable } from './loans.ts';
import { UsageReports, type UsageReport } from './usage-reports.ts';

const shards = [0, 1];
const quota = 3_000;
const key = Buffer.from('a:1');

/** A node of the region as its desk drives it. */
class Member {
  readonly driver: TenantDriver;
  readonly admission: Admission;
  readonly rates = new AskedRates();
  readonly usage: UsageReports;
  readonly borrowed: BorrowedParts;
  readonly clients = new Set<TenantClient>();
  readonly shard: number;
  readonly name: string;
  admitted = 0;
  #asked = 0;

  constructor(shard: number, name: string, given: NamespaceSettings['quota'], leads: boolean, nowMs: number) {
    this.shard = shard;
    this.name = name;
    this.driver = new TenantDriver({}, 'allkeys-lru', shards.length, shard, leads);
    this.driver.nowMs = nowMs;
    this.driver.copies = 1;
    this.admission = new Admission(this.driver.registry);
    this.usage = new UsageReports(this.driver.registry, this.driver.store, this.rates);
    this.borrowed = new BorrowedParts(this.driver.registry, this.rates, name);
    this.driver.apply([settingsFor('a', { quota: given })]);
    if (!leads) this.borrowed.keep(nowMs);
  }

  at(nowMs: number): void {
    this.driver.nowMs = nowMs;
    this.admission.nowMs = nowMs;
  }

  ask(perSecond: number): void {
    for (this.#asked += perSecond / 1_000; this.#asked >= 1; this.#asked--) if (this.admission.admit({ tenant: undefined, address: 'inside' }, key, 0, key.length, 1) === undefined) this.admitted++;
  }

  connect(): void {
    const client: TenantClient = { tenant: undefined };
    if (this.admission.admit(client, key, 0, key.length, 0) === undefined) this.clients.add(client);
  }

  disconnect(count: number): void {
    for (const client of [...this.clients].slice(0, count)) {
      this.admission.leave(client);
      this.clients.delete(client);
    }
  }
}

type Message = { readonly usage: UsageReport } | { readonly copy: CopyReport } | { readonly table: LoanTable };

/** A region of two shards, each with a primary and a copy, in virtual time. Every node reports ten times a second, in its own phase. */
class Region {
  readonly members: Member[];
  readonly leaders: Member[];
  readonly quota: NamespaceSettings['quota'];
  readonly #onTheWay: { readonly to: Member; readonly atMs: number; readonly message: Message }[] = [];
  ms = 0;
  epoch = 1;
  gone = 0;
  lateMs: (from: Member, to: Member) => number = () => 0;
  stands: (member: Member) => boolean = () => false;
  load: (member: Member) => void = () => undefined;

  constructor(given: NamespaceSettings['quota']) {
    this.quota = given;
    this.members = shards.flatMap((shard) => [new Member(shard, `p${shard}`, given, true, 0), new Member(shard, `c${shard}`, given, false, 0)]);
    this.leaders = this.members.filter(({ name }) => name.startsWith('p'));
  }

  get admitted(): number {
    return this.gone + this.members.reduce((sum, member) => sum + member.admitted, 0);
  }

  get connections(): number {
    return this.members.reduce((sum, { clients }) => sum + clients.size, 0);
  }

  member(name: string): Member {
    return this.members.find((one) => one.name === name) as Member;
  }

  /** The copy of the shard leads from now on; its primary has died. */
  promote(shard: number): void {
    const dead = this.leaders[shard];
    const next = this.members.find((one) => one.shard === shard && one !== dead) as Member;
    this.gone += dead.admitted;
    this.members.splice(this.members.indexOf(dead), 1);
    this.leaders[shard] = next;
    this.epoch++;
    this.#report(next);
  }

  /** A copy without a memory. */
  join(shard: number): void {
    const name = `c${shard}-${this.ms}`;
    this.members.push(new Member(shard, name, this.quota, false, this.ms));
  }

  run(untilMs: number, each: () => void = () => undefined): void {
    while (this.ms < untilMs) {
      this.ms++;
      for (const member of this.members) {
        if (this.stands(member)) continue;
        member.at(this.ms);
        this.load(member);
        for (const one of this.#onTheWay.filter(({ to, atMs }) => to === member && atMs <= this.ms)) {
          this.#onTheWay.splice(this.#onTheWay.indexOf(one), 1);
          this.#receive(member, one.message);
        }
        if (this.ms % 100 === 23 * this.members.indexOf(member)) this.#report(member);
      }
      each();
    }
  }

  #report(member: Member): void {
    member.at(this.ms);
    if (this.leaders[member.shard] !== member) return this.#reportAsCopy(member);
    const { usage, shard } = member;
    member.borrowed.lead();
    usage.loans.lead(this.epoch * 10 + shard, member.name, this.ms);
    const copies = this.members.filter((one) => one.shard === shard && one !== member).map(({ name }) => name);
    const namespaces = usage.report(shards, shard, this.ms, copies);
    const table = usage.loans.table(shard);
    for (const to of this.members) {
      if (to === member) continue;
      if (to.shard !== shard) this.#send(member, to, { usage: { shard, namespaces, ledgers: usage.ledgersFor(to.shard), dependencies: [] } });
      else if (usage.loans.pods().includes(to.name)) this.#send(member, to, { table });
    }
  }

  #reportAsCopy(member: Member): void {
    const copy = member.borrowed.report(member.shard, member.name, this.ms);
    if (copy !== undefined) this.#send(member, this.leaders[member.shard], { copy });
  }

  #send(from: Member, to: Member, message: Message): void {
    const late = this.lateMs(from, to);
    if (late !== Infinity) this.#onTheWay.push({ to, atMs: this.ms + 1 + late, message: JSON.parse(JSON.stringify(message)) as Message });
  }

  #receive(member: Member, message: Message): void {
    const leads = this.leaders[member.shard] === member;
    if ('usage' in message) member.usage.take(message.usage, this.ms);
    else if ('copy' in message && leads) member.usage.takeFromCopy(message.copy, this.ms);
    else if ('table' in message && !leads) {
      const told = member.borrowed.take(message.table, this.ms);
      if (told === 'old') return;
      member.usage.loans.note(message.table, this.ms);
      if (told === 'news') this.#reportAsCopy(member);
    }
  }
}

/** What was let in until each millisecond. */
function totalsOf(region: Region, untilMs: number): readonly number[] {
  const totals = [region.admitted];
  region.run(untilMs, () => totals.push(region.admitted));
  return totals;
}

describe('a quota of operations over two shards with copies', () => {
  it.each([
    ['at primaries only', { p0: 20_000, p1: 10_000 }],
    ['at one primary', { p0: 30_000 }],
    ['at one copy', { c1: 30_000 }],
    ['everywhere', { p0: 9_000, p1: 9_000, c0: 9_000, c1: 9_000 }],
    ['mostly at copies', { p0: 100, c0: 20_000, c1: 8_000 }],
  ])('is used up and not overstepped by a load that lies %s', (_name, perSecond: Readonly<Record<string, number>>) => {
    const region = new Region({ opsPerSecond: quota });
    region.load = (member) => member.ask(perSecond[member.name] ?? 0);
    const totals = totalsOf(region, 13_000);
    expect(Math.abs(totals[13_000] - totals[3_000] - quota * 10)).toBeLessThanOrEqual(quota * 10 * 0.01);
    for (let ms = 0; ms <= 13_000; ms += 50) expect(totals[ms]).toBeLessThanOrEqual((quota * ms) / 1_000 + quota * 1.01);
  });

  it('lets a copy begin at once with something', () => {
    const region = new Region({ opsPerSecond: quota, connections: 40 });
    const { admission } = region.member('c0');
    admission.nowMs = 1;
    expect([1, 2].map(() => admission.admit({ tenant: undefined, address: 'inside' }, key, 0, key.length, 1))).toEqual([undefined, undefined]);
    expect(admission.admit({ tenant: undefined }, key, 0, key.length, 1)).toBeUndefined();
  });

  it.each([500, 2_000])('is used and not overstepped by a load that goes from a primary to its copy and back every %i ms', (everyMs) => {
    const region = new Region({ opsPerSecond: quota });
    region.load = (member) => member.ask(member.name === (Math.floor(region.ms / everyMs) % 2 === 0 ? 'p0' : 'c0') ? 12_000 : 0);
    const totals = totalsOf(region, 30_000);
    for (let ms = 12_000; ms <= 30_000; ms += 50) expect(totals[ms] - totals[ms - 10_000]).toBeLessThanOrEqual(quota * 10 * 1.01);
    expect(totals[30_000] - totals[10_000]).toBeGreaterThan(quota * 20 * 0.95);
  });

  it('is kept when a copy takes over, and when another joins', () => {
    const region = new Region({ opsPerSecond: quota });
    region.load = (member) => member.ask(8_000);
    const totals = [0];
    const count = (): void => void totals.push(region.admitted);
    region.run(5_000, count);
    region.promote(0);
    region.run(7_000, count);
    region.join(0);
    region.run(20_000, count);
    for (let ms = 2_000; ms <= 20_000; ms += 50) expect(totals[ms]).toBeLessThanOrEqual((quota * ms) / 1_000 + quota * 1.01);
    expect(Math.abs(totals[20_000] - totals[10_000] - quota * 10)).toBeLessThanOrEqual(quota * 10 * 0.01);
  });

  it('goes back to the primary from a copy that is silent, which has nothing any more before that', () => {
    const region = new Region({ opsPerSecond: quota });
    region.load = (member) => member.ask(member.name === 'c0' ? 20_000 : 0);
    region.run(4_000);
    region.lateMs = (from, to) => ([from.name, to.name].includes('c0') ? Infinity : 0);
    region.load = (member) => member.ask(member.name === 'c0' || member.name === 'p0' ? 20_000 : 0);
    const totals = [region.admitted];
    region.run(14_000, () => totals.push(region.admitted));
    for (let ms = 0; ms <= 10_000; ms += 50) expect(totals[ms] - totals[0]).toBeLessThanOrEqual((quota * ms) / 1_000 + quota * 1.01);
    const copy = region.member('c0').admitted;
    const before = region.admitted;
    region.run(16_000);
    expect(region.member('c0').admitted).toBe(copy);
    expect(region.admitted - before).toBeGreaterThan(quota * 2 * 0.98);
  });
});

describe('a quota of connections over two shards with copies', () => {
  it('is all there for the one copy where it is wanted, and not more', () => {
    const region = new Region({ connections: 7 });
    region.load = (member) => void (member.name === 'c1' && member.connect());
    region.run(4_000, () => expect(region.connections).toBeLessThanOrEqual(7));
    expect(region.connections).toBe(7);
  });

  it('is never overstepped whoever connects where, whatever comes late or never, and is all there in the end', () => {
    const names = ['p0', 'p1', 'c0', 'c1'];
    const moment = fc.record({ comes: fc.subarray(names), goes: fc.subarray(names), stands: fc.subarray(names), late: fc.constantFrom(0, 50, 400), ms: fc.constantFrom(100, 700, 2_000) });
    fc.assert(fc.property(fc.array(moment, { maxLength: 8 }), (moments) => {
      const region = new Region({ connections: 40 });
      for (const { comes, goes, stands, late, ms } of moments) {
        region.lateMs = () => late;
        region.stands = ({ name }) => stands.includes(name);
        region.load = (member) => {
          if (comes.includes(member.name)) member.connect();
          else if (goes.includes(member.name)) member.disconnect(1);
        };
        region.run(region.ms + ms, () => expect(region.connections).toBeLessThanOrEqual(40));
      }
      region.lateMs = () => 0;
      region.stands = () => false;
      region.load = (member) => (member.name === 'c0' ? member.connect() : member.disconnect(1));
      region.run(region.ms + 9_000);
      expect(region.connections).toBe(40);
    }), { numRuns: 8, seed: 11 });
  });

  it('counts those of a copy that has died no more, and those that the new primary has kept', () => {
    const region = new Region({ connections: 8 });
    region.load = (member) => void (member.name === 'c0' && member.connect());
    region.run(4_000);
    expect(region.connections).toBe(8);
    region.promote(0);
    region.load = (member) => void (member.name === 'p1' && member.connect());
    region.run(8_000, () => expect(region.connections).toBeLessThanOrEqual(8));
    region.member('c0').disconnect(3);
    region.run(12_000, () => expect(region.connections).toBeLessThanOrEqual(8));
    expect(region.member('p1').clients.size).toBe(3);
  });
});
