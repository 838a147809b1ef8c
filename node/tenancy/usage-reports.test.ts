import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NamespaceSettings } from '../../shared/namespaces/document.ts';
import { Admission, type TenantClient } from '../tenants/admission.ts';
import { settingsFor, TenantDriver } from '../tenants/test-namespaces.ts';
import { UsageReports, type UsageReport } from './usage-reports.ts';

const quota = 3_000;
const shards = [0, 1, 2];
const reportMs = 100;

class Shard {
  readonly driver: TenantDriver;
  readonly admission: Admission;
  readonly reports: UsageReports;
  readonly client: TenantClient = { tenant: undefined };
  admitted = 0;
  #asked = 0;

  constructor(place: number) {
    this.driver = new TenantDriver({}, 'allkeys-lru', shards.length, place);
    this.admission = new Admission(this.driver.registry);
    this.reports = new UsageReports(this.driver.registry, this.driver.store);
  }

  at(nowMs: number): void {
    this.driver.nowMs = nowMs;
    this.admission.nowMs = nowMs;
  }

  /** So many requests a second, up to now. */
  ask(perSecond: number): void {
    for (this.#asked += perSecond / 1_000; this.#asked >= 1; this.#asked--) {
      const key = Buffer.from('a:1');
      if (this.admission.admit(this.client, key, 0, key.length, 1) === undefined) this.admitted++;
    }
  }
}

/** A region in virtual time: every shard reports in its own phase. `loadAt`: requests a second of each shard. */
function admittedBy(loadAt: (ms: number) => readonly number[], untilMs: number): readonly number[] {
  const region = shards.map((shard) => new Shard(shard));
  for (const shard of region) {
    shard.at(0);
    shard.driver.apply([settingsFor('a', { quota: { opsPerSecond: quota } })]);
  }
  const totals: number[] = [0];
  for (let ms = 1; ms <= untilMs; ms++) {
    region.forEach((shard, i) => {
      shard.at(ms);
      shard.ask(loadAt(ms)[i]);
      if (ms % reportMs !== i * 33) return;
      const namespaces = shard.reports.report(shards, i, ms);
      region.forEach((other, k) => k !== i && other.reports.take({ shard: i, namespaces, ledgers: shard.reports.ledgersFor(k), dependencies: [] }, ms));
    });
    totals.push(region.reduce((sum, { admitted }) => sum + admitted, 0));
  }
  return totals;
}

describe('a quota of operations over three shards', () => {
  it.each([
    ['evenly', [10_000, 10_000, 10_000]],
    ['mostly on one', [27_000, 2_000, 1_000]],
    ['all on one', [30_000, 0, 0]],
    // By less than a second's worth in the time that is measured a burst would let it in.
    ['a third above it', [3_900, 100, 50]],
  ])('is used up and not overstepped by loads that lie %s', (_name, load) => {
    const totals = admittedBy(() => load, 13_000);
    expect(Math.abs(totals[13_000] - totals[3_000] - quota * 10)).toBeLessThanOrEqual(quota * 10 * 0.01);
    for (let ms = 0; ms <= 13_000; ms += 50) expect(totals[ms]).toBeLessThanOrEqual((quota * ms) / 1_000 + quota * 1.01);
  });

  it('follows a load that moves to another shard', () => {
    const totals = admittedBy((ms) => (ms < 5_000 ? [20_000, 500, 0] : [0, 500, 20_000]), 16_000);
    expect(Math.abs(totals[16_000] - totals[6_000] - quota * 10)).toBeLessThanOrEqual(quota * 10 * 0.01);
    expect(totals[16_000]).toBeLessThanOrEqual(quota * 17 * 1.01);
  });

  it.each([500, 1_000, 2_000])('is used up and not overstepped by a load that goes from one shard to another every %i ms', (everyMs) => {
    const totals = admittedBy((ms) => (Math.floor(ms / everyMs) % 2 === 0 ? [12_000, 0, 0] : [0, 12_000, 0]), 30_000);
    for (let ms = 12_000; ms <= 30_000; ms += 50) expect(totals[ms] - totals[ms - 10_000]).toBeLessThanOrEqual(quota * 10 * 1.01);
    // Nor wasted: what was saved up goes along.
    expect(totals[30_000] - totals[10_000]).toBeGreaterThan(quota * 20 * 0.99);
  });

  it('lets nearly everything in below it, though the load moves every second', () => {
    const totals = admittedBy((ms) => (ms % 2_000 < 1_000 ? [2_000, 500, 100] : [100, 2_000, 500]), 10_000);
    expect(totals[10_000]).toBeGreaterThan(2_600 * 10 * 0.94);
  });
});

/** Shards that stand still, miss reports and hear them late, in virtual time; they hold keys, which come and go. */
class Uneven {
  readonly region = shards.map((shard) => new Shard(shard));
  readonly #onTheWay: { readonly to: number; readonly atMs: number; readonly report: UsageReport }[] = [];
  ms = 0;

  constructor(given: NamespaceSettings['quota']) {
    for (const shard of this.region) {
      shard.at(0);
      shard.driver.apply([settingsFor('a', { quota: given, eviction: 'noeviction' })]);
    }
  }

  get keys(): number {
    return this.region.reduce((all, { driver }) => all + driver.keysOf('a'), 0);
  }

  /** `stands`: those that do nothing; `lateMs`: of each report, Infinity where it is lost. */
  step(fill: readonly number[], stands: readonly number[], lateMs: (from: number, to: number) => number): void {
    this.ms += 10;
    this.region.forEach((shard, i) => {
      if (stands.includes(i)) return;
      shard.at(this.ms);
      for (let n = 0; n < fill[i]; n++) shard.driver.put(`a:${i}-${this.ms}-${n}`);
      if (this.ms % reportMs !== 30 * i) return;
      for (const { report } of this.#arrived(i)) shard.reports.take(report, this.ms);
      const namespaces = shard.reports.report(shards, i, this.ms);
      for (const k of shards) {
        const late = lateMs(i, k);
        if (k !== i && late !== Infinity) this.#onTheWay.push({ to: k, atMs: this.ms + late, report: { shard: i, namespaces, ledgers: shard.reports.ledgersFor(k), dependencies: [] } });
      }
    });
  }

  #arrived(to: number): readonly { readonly report: UsageReport }[] {
    const mine = this.#onTheWay.filter((one) => one.to === to && one.atMs <= this.ms);
    for (const one of mine) this.#onTheWay.splice(this.#onTheWay.indexOf(one), 1);
    return mine;
  }
}

describe('a quota of keys over three shards', () => {
  it.each([0, 1, 2])('is never overstepped when shard %i stands still while it is used up, and goes on later', (still) => {
    const region = new Uneven({ keys: 1_000 });
    while (region.ms < 8_000) {
      region.step([20, 20, 20], region.ms >= 150 && region.ms < 4_500 ? [still] : [], () => 0);
      expect(region.keys).toBeLessThanOrEqual(1_000);
    }
    expect(region.keys).toBe(1_000);
  });

  it('is never overstepped whatever comes late, twice or never, and is all there in the end', () => {
    const moment = fc.record({ fill: fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)), stands: fc.subarray([0, 1, 2]), late: fc.constantFrom(0, 50, 400, Infinity), ms: fc.constantFrom(100, 700, 4_000), flushes: fc.option(fc.nat(2), { freq: 6 }) });
    fc.assert(fc.property(fc.array(moment, { maxLength: 8 }), (moments) => {
      const region = new Uneven({ keys: 300 });
      for (const { fill, stands, late, ms, flushes } of moments) {
        if (flushes !== null) region.region[flushes].driver.registry.flush('a');
        for (const until = region.ms + ms; region.ms < until;) {
          region.step(fill, stands, (from, to) => (from < to ? late : 0));
          expect(region.keys).toBeLessThanOrEqual(300);
        }
      }
      for (const until = region.ms + 9_000; region.ms < until;) region.step([0, 3, 0], [], () => 0);
      expect(region.keys).toBe(300);
    }), { numRuns: 12, seed: 7 });
  });

  it('is known to the copy that takes over, who has what its shard gave and had', () => {
    const region = new Uneven({ keys: 900 });
    while (region.ms < 3_000) region.step([0, 20, 0], [], () => 0);
    expect(region.keys).toBe(900);
    const next = new Shard(0);
    next.at(3_000);
    next.driver.apply([settingsFor('a', { quota: { keys: 900 }, eviction: 'noeviction' })]);
    for (const other of [1, 2]) {
      const { reports } = region.region[other];
      next.reports.take({ shard: other, namespaces: reports.report(shards, other, 3_000), ledgers: reports.ledgersFor(0), dependencies: [] }, 3_000);
    }
    next.reports.report(shards, 0, 3_000);
    expect(next.driver.put('a:more')).toBe(false);
  });
});

describe('a quota of connections over three shards', () => {
  it('of one for each lets a lone client in that comes, goes and comes again anywhere, and sometimes before it has gone', () => {
    const region = new Uneven({ connections: 3 });
    let refused = 0;
    for (let round = 0; round < 60; round++) {
      const { admission } = region.region[round % 3];
      const key = Buffer.from('a:1');
      const [client, hasty]: TenantClient[] = [{ tenant: undefined }, { tenant: undefined }];
      if (admission.admit(client, key, 0, key.length, 1) !== undefined) refused++;
      if (round % 10 === 0) admission.admit(hasty, key, 0, key.length, 1);
      const until = region.ms + 300;
      while (region.ms < until) region.step([0, 0, 0], [], () => 0);
      admission.leave(client);
      admission.leave(hasty);
      region.step([0, 0, 0], [], () => 0);
    }
    expect(refused).toBeLessThanOrEqual(1);
  });

  it('is all there for the one shard where it is wanted', () => {
    const region = new Uneven({ connections: 4 });
    const clients = Array.from({ length: 20 }, (): TenantClient => ({ tenant: undefined }));
    const key = Buffer.from('a:1');
    while (region.ms < 3_000) {
      for (const client of clients) if (client.tenant === undefined) region.region[1].admission.admit(client, key, 0, key.length, 1);
      region.step([0, 0, 0], [], () => 0);
    }
    expect(clients.filter(({ tenant }) => tenant !== undefined).length).toBe(4);
  });
});

describe('a shard that stood still', () => {
  it('has no part of a rate before it is heard again, and the others have it in the meantime', () => {
    const region = new Uneven({ opsPerSecond: quota });
    while (region.ms < 2_000) region.step([0, 0, 0], [], () => 0);
    while (region.ms < 9_000) region.step([0, 0, 0], [0], () => 0);
    const [still, ...others] = region.region;
    expect(others.map(({ driver }) => Math.round(driver.registry.byName('a')?.parts.operations ?? 0))).toEqual([quota / 2, quota / 2]);
    still.at(region.ms);
    still.ask(1_000);
    expect(still.admitted).toBe(0);
    // What it had saved up the others may have had meanwhile.
    region.step([0, 0, 0], [], () => 0);
    while (region.ms % reportMs !== 10) region.step([0, 0, 0], [], () => 0);
    still.ask(1_000_000);
    expect(still.admitted).toBeLessThanOrEqual((quota / 3) * 0.2);
    still.admitted = 0;
    while (region.ms < 10_000) region.step([0, 0, 0], [], () => 0);
    still.ask(1_000);
    expect(still.admitted).toBe(1);
    expect(region.region.map(({ driver }) => Math.round(driver.registry.byName('a')?.parts.operations ?? 0))).toEqual([quota / 3, quota / 3, quota / 3]);
  });
});
