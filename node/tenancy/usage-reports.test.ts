import { describe, expect, it } from 'vitest';
import { Admission, type TenantClient } from '../tenants/admission.ts';
import { settingsFor, TenantDriver } from '../tenants/test-namespaces.ts';
import { UsageReports } from './usage-reports.ts';

const quota = 3_000;
const shards = [0, 1, 2];
const reportMs = 100;

class Shard {
  readonly driver = new TenantDriver({}, 'allkeys-lru', shards.length);
  readonly admission = new Admission(this.driver.registry);
  readonly reports = new UsageReports(this.driver.registry, this.driver.store);
  readonly client: TenantClient = { tenant: undefined };
  admitted = 0;
  #asked = 0;

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
  const region = shards.map(() => new Shard());
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
      shard.reports.split(shards, i, ms);
      const namespaces = shard.reports.measure(ms);
      region.forEach((other, k) => k !== i && other.reports.take({ shard: i, namespaces, dependencies: [] }, ms));
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
    ['just above it', [2_900, 100, 50]],
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

  it('lets nearly everything in below it, though the load moves every second', () => {
    const totals = admittedBy((ms) => (ms % 2_000 < 1_000 ? [2_000, 500, 100] : [100, 2_000, 500]), 10_000);
    expect(totals[10_000]).toBeGreaterThan(2_600 * 10 * 0.94);
  });
});
