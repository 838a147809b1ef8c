import { describe, expect, it } from 'vitest';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import { AccessTable } from './access-table.ts';
import { settingsFor, TenantDriver } from './test-namespaces.ts';

describe('access to keys', () => {
  it('is counted where a namespace asks for it, from the creation of the key', () => {
    const driver = new TenantDriver();
    driver.nowMs = 5_000_000;
    driver.apply([settingsFor('a', { trackAccess: true }), settingsFor('b')]);
    const accessOf = (name: string) => {
      const key = Buffer.from(name);
      return driver.registry.access.of(slotOfKey(key), driver.store.hashKey(key, 0, key.length));
    };
    driver.put('a:1');
    driver.put('b:1');
    driver.nowMs += 3_000;
    for (let i = 0; i < 4; i++) driver.get('a:1');
    driver.get('b:1');
    expect(accessOf('a:1')).toEqual({ createdAtSeconds: 5_000, lastReadSeconds: 5_003, reads: 4 });
    expect(accessOf('b:1')).toBeUndefined();
    driver.put('a:1');
    expect(accessOf('a:1')?.reads).toBe(4);
    driver.del('a:1');
    driver.put('a:1');
    expect(accessOf('a:1')).toEqual({ createdAtSeconds: 5_003, lastReadSeconds: 5_003, reads: 0 });
  });

  it('is bounded, and knows best what is used', () => {
    const table = new AccessTable();
    for (let second = 0; second < 20; second++) {
      table.read(7, 12_345, second * 1000);
      for (let key = 0; key < 100_000; key++) table.created(key % 16_384, Math.imul(key + second * 100_000, 2_654_435) & 0x7fffffff, second * 1000);
    }
    expect(table.of(7, 12_345)?.reads).toBe(20);
    expect(table.memoryBytes).toBe(10 * 1024 * 1024);
  });
});
