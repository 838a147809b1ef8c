import { describe, expect, it } from 'vitest';
import { settingsFor, TenantDriver } from './test-namespaces.ts';

describe('namespaces of a store', () => {
  it('gives each key the namespace of its prefix, and the rest to the default one', () => {
    const driver = new TenantDriver();
    driver.apply([settingsFor('a'), settingsFor('ab')]);
    for (const key of ['a:1', 'a:2', 'ab:1', 'b:1', 'a', ':a', 'ab', 'a{x}:1', `${'long'.repeat(20)}:1`]) driver.put(key);
    expect([driver.keysOf('a'), driver.keysOf('ab'), driver.keysOf('default'), driver.keysOf('none')]).toEqual([2, 1, 6, 0]);
  });

  it('takes over keys that were there before it, and leaves them when it goes without being retired', () => {
    const driver = new TenantDriver();
    for (let i = 0; i < 2_000; i++) driver.put(i % 2 === 0 ? `a:${i}` : `b:${i}`);
    driver.apply([settingsFor('a')]);
    driver.settle();
    expect([driver.keysOf('a'), driver.keysOf('default')]).toEqual([1_000, 1_000]);
    driver.apply([]);
    driver.settle();
    expect([driver.keysOf('default'), driver.get('a:0')?.length]).toEqual([2_000, 10]);
  });

  it('flushes a namespace at once and removes its entries later', () => {
    const driver = new TenantDriver();
    const { store, registry } = driver;
    driver.apply([settingsFor('a'), settingsFor('b')]);
    for (let i = 0; i < 5_000; i++) {
      driver.put(`a:${i}`, 100, i % 2 === 0 ? driver.nowMs + 1_000 : 0);
      driver.put(`b:${i}`, 100);
    }
    expect(registry.flush('a')).toBe(5_000);
    expect([driver.get('a:1'), driver.get('b:1')?.length, store.entryCount, driver.keysOf('a')]).toEqual([undefined, 100, 5_000, 0]);
    driver.put('a:2', 5);
    expect([driver.get('a:2')?.length, driver.keys().length, driver.keysOf('a')]).toEqual([5, 5_001, 1]);
    driver.settle();
    expect([store.entryCount, store.index.total, store.forgottenCount, driver.keysOf('a'), driver.keysOf('b')]).toEqual([5_001, 5_001, 0, 1, 5_000]);
  });

  it('flushes keys that have not been given to their new namespace yet', () => {
    const driver = new TenantDriver();
    for (let i = 0; i < 1_000; i++) driver.put(i % 2 === 0 ? `a:${i}` : `b:${i}`);
    driver.apply([settingsFor('a')]);
    driver.registry.flush('a');
    driver.put('a:new');
    expect([driver.get('a:0'), driver.get('b:1')?.length, driver.keys().length]).toEqual([undefined, 10, 501]);
    driver.put('a:2', 7);
    driver.settle();
    expect([driver.store.index.total, driver.keysOf('a'), driver.keysOf('default'), driver.get('a:2')?.length]).toEqual([502, 2, 500, 7]);
    expect(driver.store.forgottenCount).toBe(0);
  });

  it('begins anew when everything is deleted while keys are being given to their namespaces', () => {
    const driver = new TenantDriver();
    for (let i = 0; i < 1_000; i++) driver.put(`a:${i}`);
    driver.apply([settingsFor('a')]);
    driver.registry.flush('a');
    driver.store.flush();
    driver.settle();
    driver.put('a:1');
    expect([driver.store.forgottenCount, driver.keysOf('a'), driver.keys()]).toEqual([0, 1, ['a:1']]);
    driver.registry.flush('a');
    driver.settle();
    expect([driver.store.forgottenCount, driver.store.entryCount]).toEqual([0, 0]);
  });

  it('uses ids again, however often it is flushed', () => {
    const driver = new TenantDriver();
    driver.apply([settingsFor('a'), settingsFor('b')]);
    driver.put('b:stays');
    for (let i = 0; i < 10_000; i++) {
      driver.put(`a:${i}`);
      expect(driver.registry.flush('a')).toBe(1);
    }
    driver.settle();
    expect([driver.store.index.total, driver.keysOf('b')]).toEqual([1, 1]);
  });

  it('flushes a retired namespace where it leads, and on a copy only when its primary did', () => {
    const leader = new TenantDriver();
    const copy = new TenantDriver();
    copy.store.replica = true;
    for (const driver of [leader, copy]) {
      driver.apply([settingsFor('a')]);
      driver.put('a:old');
      driver.apply([], [{ name: 'a', uid: 'uid-a' }]);
      driver.put('a:new');
    }
    expect([leader.get('a:old'), leader.get('a:new')?.length]).toEqual([undefined, 10]);
    expect(copy.get('a:old')?.length).toBe(10);
    copy.registry.followFlush('a', 'uid-a');
    expect([copy.get('a:old'), copy.get('a:new')?.length]).toEqual([undefined, 10]);
  });

  it('flushes what its predecessor left when it is promoted', () => {
    const copy = new TenantDriver();
    copy.store.replica = true;
    copy.apply([settingsFor('a')]);
    copy.put('a:old');
    copy.apply([], [{ name: 'a', uid: 'uid-a' }]);
    copy.store.replica = false;
    copy.registry.flushLeaving();
    expect(copy.get('a:old')).toBeUndefined();
  });

  it('follows the flush of a namespace that it has not heard of yet', () => {
    const copy = new TenantDriver();
    copy.store.replica = true;
    copy.put('a:1');
    copy.put('b:1');
    copy.registry.followFlush('a', 'uid-a');
    expect([copy.get('a:1'), copy.get('b:1')?.length]).toEqual([undefined, 10]);
    expect(copy.registry.figures()).toEqual([]);
    copy.apply([settingsFor('a')]);
    copy.put('a:2');
    copy.settle();
    expect([copy.keysOf('a'), copy.keysOf('default'), copy.store.index.total]).toEqual([1, 1, 2]);
  });

  it('takes another object of the same name for another namespace', () => {
    const driver = new TenantDriver();
    driver.apply([settingsFor('a')]);
    driver.put('a:1');
    driver.apply([settingsFor('a', { uid: 'second' })], [{ name: 'a', uid: 'uid-a' }]);
    expect([driver.get('a:1'), driver.keysOf('a')]).toEqual([undefined, 0]);
  });

  it('counts hits, misses and expirations by namespace, also over a flush', () => {
    const driver = new TenantDriver();
    driver.apply([settingsFor('a'), settingsFor('b')]);
    driver.put('a:1', 10, driver.nowMs + 100);
    driver.get('a:1');
    driver.get('a:none');
    driver.get('b:none');
    driver.nowMs += 200;
    driver.get('a:1');
    driver.put('a:2');
    driver.registry.flush('a');
    const [a, b] = driver.registry.figures();
    expect(a).toMatchObject({ name: 'a', uid: 'uid-a', keys: 0, hits: 1, misses: 2, expirations: 1, evictions: 0 });
    expect(b).toMatchObject({ name: 'b', keys: 0, hits: 0, misses: 1 });
  });
});
