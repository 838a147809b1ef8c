import { describe, expect, it } from 'vitest';
import { settingsFor, TenantDriver } from './test-namespaces.ts';

function lives(driver: TenantDriver, key: string): number {
  return (driver.expiry(key) ?? NaN) - driver.nowMs;
}

describe('lives of keys', () => {
  it('default, own and longest', () => {
    const driver = new TenantDriver();
    driver.apply([settingsFor('a', { defaultTtlMs: 1_000, maxTtlMs: 5_000 }), settingsFor('max', { maxTtlMs: 700 })]);
    driver.put('a:default');
    driver.put('a:own', 10, driver.nowMs + 300);
    driver.put('a:long', 10, driver.nowMs + 90_000);
    driver.put('max:1');
    driver.put('other');
    expect(['a:default', 'a:own', 'a:long', 'max:1'].map((key) => lives(driver, key))).toEqual([1_000, 300, 5_000, 700]);
    expect(driver.expiry('other')).toBe(0);
    driver.expire('a:default', driver.nowMs + 90_000);
    expect(lives(driver, 'a:default')).toBe(5_000);
    driver.expire('a:default', 0);
    expect(lives(driver, 'a:default')).toBe(5_000);
    driver.put('a:own');
    expect(lives(driver, 'a:own')).toBe(1_000);
  });

  it('keeps what a change in place keeps', () => {
    const driver = new TenantDriver();
    driver.apply([settingsFor('a', { defaultTtlMs: 1_000 })]);
    driver.append('a:1', new Uint8Array(3));
    driver.nowMs += 400;
    driver.append('a:1', new Uint8Array(3));
    expect(lives(driver, 'a:1')).toBe(600);
  });

  it('jitter spreads the default by so many percent, the same for the same key and moment', () => {
    const spread = (): number[] => {
      const driver = new TenantDriver();
      driver.apply([settingsFor('a', { defaultTtlMs: 100_000, ttlJitterPercent: 10 })]);
      return Array.from({ length: 1_000 }, (_, i) => {
        driver.put(`a:${i}`);
        return lives(driver, `a:${i}`);
      });
    };
    const all = spread();
    expect(Math.min(...all)).toBeGreaterThanOrEqual(90_000);
    expect(Math.max(...all)).toBeLessThanOrEqual(110_000);
    expect(Math.min(...all)).toBeLessThan(91_000);
    expect(Math.max(...all)).toBeGreaterThan(109_000);
    expect(Math.abs(all.reduce((sum, life) => sum + life, 0) / all.length - 100_000)).toBeLessThan(1_000);
    expect(spread()).toEqual(all);
  });

  it('sliding: use puts off the death of keys that live by default, not of those with a life of their own', () => {
    const driver = new TenantDriver();
    driver.apply([settingsFor('a', { defaultTtlMs: 1_000, slidingExpiry: true })]);
    driver.put('a:1');
    driver.put('a:own', 10, driver.nowMs + 1_500);
    driver.nowMs += 50;
    driver.get('a:1');
    expect(lives(driver, 'a:1')).toBe(950);
    for (let i = 0; i < 10; i++) {
      driver.nowMs += 900;
      expect(driver.get('a:1')?.length).toBe(10);
      expect(lives(driver, 'a:1')).toBe(1_000);
    }
    expect(driver.get('a:own')).toBeUndefined();
    driver.nowMs += 1_000;
    expect(driver.get('a:1')).toBeUndefined();
  });

  it('a copy takes times as they come', () => {
    const driver = new TenantDriver();
    driver.apply([settingsFor('a', { defaultTtlMs: 1_000, maxTtlMs: 2_000 })]);
    driver.store.replica = true;
    driver.put('a:1', 10, driver.nowMs + 9_000);
    driver.put('a:2');
    expect([lives(driver, 'a:1'), driver.expiry('a:2')]).toEqual([9_000, 0]);
  });
});
