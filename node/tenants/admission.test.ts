import { describe, expect, it } from 'vitest';
import { Admission, type TenantClient } from './admission.ts';
import { settingsFor, TenantDriver } from './test-namespaces.ts';

class Door {
  readonly driver = new TenantDriver();
  readonly admission = new Admission(this.driver.registry);
  readonly client: TenantClient = { tenant: undefined };

  at(nowMs: number): void {
    this.driver.nowMs = nowMs;
    this.admission.nowMs = nowMs;
  }

  ask(key: string, operations = 1, client = this.client): string | undefined {
    const bytes = Buffer.from(key);
    return this.admission.admit(client, bytes, 0, bytes.length, operations);
  }
}

describe('quotas of requests', () => {
  it.each([7, 1_000, 33_333])('lets %i operations a second in, and a burst of one second', (rate) => {
    const door = new Door();
    door.at(0);
    door.driver.apply([settingsFor('a', { quota: { opsPerSecond: rate } })]);
    const perMs = (rate * 3) / 1_000;
    let admitted = 0;
    let atWarm = 0;
    for (let ms = 1, asked = 0; ms <= 12_000; ms++) {
      door.at(ms);
      while (asked < ms * perMs) {
        asked++;
        if (door.ask('a:1') === undefined) admitted++;
      }
      expect(admitted).toBeLessThanOrEqual((rate * ms) / 1_000 + Math.max(1, rate));
      if (ms === 2_000) atWarm = admitted;
    }
    expect(Math.abs(admitted - atWarm - rate * 10)).toBeLessThanOrEqual(Math.max(1, rate * 0.1));
  });

  it('says when to come again, and lets in then', () => {
    const door = new Door();
    door.at(1_000);
    door.driver.apply([settingsFor('a', { quota: { opsPerSecond: 20 } })]);
    for (let i = 0; i < 20; i++) expect(door.ask('a:1')).toBeUndefined();
    expect(door.ask('a:1')).toBe("LIMIT operations quota of namespace 'a' is used up, retry in 50 ms");
    door.at(1_049);
    expect(door.ask('a:1')).toContain('retry in 1 ms');
    door.at(1_050);
    expect([door.ask('a:1'), door.ask('b:1')]).toEqual([undefined, undefined]);
    expect(door.driver.registry.figures()[0].throttled).toBe(2);
  });

  it('counts a request for many keys as so many, and lets one in that is larger than any burst', () => {
    const door = new Door();
    door.at(0);
    door.driver.apply([settingsFor('a', { quota: { opsPerSecond: 10 } })]);
    expect([door.ask('a:1', 4), door.ask('a:1', 6), door.ask('a:1', 1)]).toEqual([undefined, undefined, "LIMIT operations quota of namespace 'a' is used up, retry in 100 ms"]);
    door.at(1_000);
    expect(door.ask('a:1', 100)).toBeUndefined();
    door.at(9_900);
    expect(door.ask('a:1', 1)).toContain('LIMIT');
    door.at(10_200);
    expect(door.ask('a:1', 1)).toBeUndefined();
  });

  it('holds egress to its rate whatever the size of replies', () => {
    const door = new Door();
    door.at(0);
    door.driver.apply([settingsFor('a', { quota: { egressBytesPerSecond: 100_000 } })]);
    const tenant = door.driver.registry.byName('a');
    if (tenant === undefined) throw new Error('no namespace');
    let sent = 0;
    let atWarm = 0;
    for (let ms = 1; ms <= 12_000; ms++) {
      door.at(ms);
      const size = ms % 7 === 0 ? 30_000 : 900;
      if (door.ask('a:1') === undefined) {
        door.admission.answered(tenant, size);
        sent += size;
      }
      if (ms === 2_000) atWarm = sent;
    }
    expect(Math.abs(sent - atWarm - 1_000_000)).toBeLessThan(30_000);
  });

  it('holds connections to their number, and gives back those that leave', () => {
    const door = new Door();
    door.driver.apply([settingsFor('a', { quota: { connections: 2 } }), settingsFor('b')]);
    const clients = Array.from({ length: 3 }, (): TenantClient => ({ tenant: undefined }));
    expect(clients.map((client) => door.ask('a:1', 1, client))).toEqual([undefined, undefined, "LIMIT connections quota of namespace 'a' is used up, retry in 1000 ms"]);
    expect(door.ask('b:1', 1, clients[2])).toBeUndefined();
    door.ask('b:1', 1, clients[0]);
    expect(door.ask('a:1', 1, clients[2])).toBeUndefined();
    expect(door.ask('a:1', 1, { tenant: undefined, address: 'inside' })).toBeUndefined();
    door.admission.leave(clients[1]);
    expect(door.driver.registry.byName('a')?.connections).toBe(1);
  });
});

describe('quotas of memory and keys', () => {
  it('evicts its own when it may, and refuses otherwise; nobody else pays', () => {
    const driver = new TenantDriver();
    driver.apply([settingsFor('lru', { quota: { memoryBytes: 100_000 }, eviction: 'allkeys-lru' }), settingsFor('none', { quota: { memoryBytes: 100_000 }, eviction: 'noeviction' }), settingsFor('few', { quota: { keys: 100 }, eviction: 'noeviction' })]);
    for (let i = 0; i < 2_000; i++) driver.put(`other:${i}`, 200);
    const stored = { lru: 0, none: 0, few: 0 };
    for (let i = 0; i < 2_000; i++) for (const name of ['lru', 'none', 'few'] as const) if (driver.put(`${name}:${i}`, 200)) stored[name]++;
    const [few, lru, none] = driver.registry.figures().toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect([stored.lru, stored.few, driver.keysOf('default')]).toEqual([2_000, 100, 2_000]);
    expect(lru.memoryBytes).toBeLessThanOrEqual(100_000);
    expect(lru.memoryBytes).toBeGreaterThan(99_000);
    expect(none.memoryBytes).toBeLessThanOrEqual(100_000);
    expect(none.memoryBytes).toBeGreaterThan(99_000);
    expect([lru.evictions > 1_000, none.evictions, few.evictions, none.keys]).toEqual([true, 0, 0, stored.none]);
    expect([driver.get('lru:1999')?.length, driver.get('lru:0'), driver.get('none:0')?.length]).toEqual([200, undefined, 200]);
  });

  it('refuses values that are too long', () => {
    const driver = new TenantDriver();
    driver.apply([settingsFor('a', { maxValueBytes: 100 })]);
    expect([driver.put('a:1', 100), driver.put('a:2', 101), driver.put('b:2', 101), driver.append('a:1', new Uint8Array(1))]).toEqual([true, false, true, false]);
  });

  it('refuses what can never fit before anything is evicted for it: neither of the writer, nor of others', () => {
    const driver = new TenantDriver({ limitBytes: 8 * 1024 * 1024 });
    driver.apply([settingsFor('kept', { quota: { memoryBytes: 3_000_000 } }), settingsFor('free', { maxValueBytes: 2 ** 29, eviction: 'allkeys-lru' }), settingsFor('small', { maxValueBytes: 2 ** 29, quota: { memoryBytes: 500_000 }, eviction: 'allkeys-lru' })]);
    for (let i = 0; i < 5_000; i++) driver.put(`kept:${i}`, 400);
    for (let i = 0; i < 5_000; i++) driver.put(`free:${i}`, 400);
    for (let i = 0; i < 500; i++) driver.put(`small:${i}`, 400);
    for (let i = 0; i < 1_000; i++) driver.put(`other:${i}`, 400);
    const keys = (): readonly number[] => ['kept', 'free', 'small', 'default'].map((name) => driver.keysOf(name));
    const before = keys();
    // More than the shard has, more than it has beside what 'kept' is owed, more than a quota.
    for (const [key, bytes] of [['free:big', 500_000_000], ['other:big', 9_000_000], ['free:big', 6_500_000], ['small:big', 7_000_000], ['small:1', 600_000]] as const) expect(driver.put(key, bytes), `${key} ${bytes}`).toBe(false);
    expect(keys()).toEqual(before);
    expect(driver.append('free:1', new Uint8Array(9_000_000))).toBe(false);
    expect(keys()).toEqual(before);
    // What fits has its room.
    expect([driver.put('free:big', 2_500_000), driver.put('small:1', 300_000), driver.keysOf('kept')]).toEqual([true, true, 5_000]);
  });

  it('takes from whom is over its share when the store is full, never from one within it', () => {
    const driver = new TenantDriver({ limitBytes: 8 * 1024 * 1024 });
    driver.apply([settingsFor('kept', { quota: { memoryBytes: 3_000_000 } }), settingsFor('greedy'), settingsFor('owner', { quota: { memoryBytes: 90_000_000 }, eviction: 'allkeys-s3fifo' })]);
    for (let i = 0; i < 5_000; i++) driver.put(`kept:${i}`, 400);
    for (let i = 0; i < 40_000; i++) driver.put(`greedy:${i}`, 400);
    for (let i = 0; i < 40_000; i++) expect(driver.put(`owner:${i}`, 400)).toBe(true);
    const [greedy, kept, owner] = driver.registry.figures().toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect([kept.keys, kept.evictions]).toEqual([5_000, 0]);
    // First all of whom has no share, then its own.
    expect([greedy.keys < 10, owner.evictions > 10_000]).toEqual([true, true]);
    for (let i = 0; i < 5_000; i++) expect(driver.get(`kept:${i}`)).toBeDefined();
  });
});
