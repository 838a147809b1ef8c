import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreDriver } from './store-driver.ts';
import { noExpiry } from './store.ts';

const encoder = new TextEncoder();

/** Collects what a snapshot gives out, as text. */
class Collector {
  readonly entries = new Map<string, string>();
  twice = 0;
  readonly #driver: StoreDriver;

  constructor(driver: StoreDriver) {
    this.#driver = driver;
  }

  entry(ref: number): void {
    const { store } = this.#driver;
    store.open(ref);
    const text = (start: number, length: number): string => Buffer.from(store.entryBytes.subarray(start, start + length)).toString();
    const key = text(store.keyStart, store.keyLength);
    if (this.entries.has(key)) this.twice++;
    this.entries.set(key, `${text(store.valueStart, store.valueLength)}@${store.expiryOf(ref)}`);
  }
}

describe('snapshot', () => {
  it('is what was there when it began, whatever happens meanwhile', () => {
    const change = fc.record({ kind: fc.constantFrom('set', 'set', 'append', 'delete', 'expire', 'new'), key: fc.integer({ min: 0, max: 400 }), length: fc.integer({ min: 0, max: 300 }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.array(fc.array(change, { maxLength: 60 }), { minLength: 1, maxLength: 30 }), fc.boolean(), (keys, rounds, tagged) => {
        const driver = new StoreDriver();
        const name = (i: number): string => `${tagged ? '{t}' : ''}key ${i}`;
        const expected = new Map<string, string>();
        for (let i = 0; i < keys; i++) {
          const at = i % 3 === 0 ? driver.nowMs + 100_000 + i : noExpiry;
          driver.set(name(i), encoder.encode(`value ${i}`), at);
          expected.set(name(i), `value ${i}@${at}`);
        }
        const collector = new Collector(driver);
        const snapshot = driver.store.snapshot(collector);
        let fresh = 0;
        for (const round of rounds) {
          snapshot.step(20);
          for (const { kind, key, length } of round) {
            if (kind === 'set') driver.set(name(key), new Uint8Array(length), noExpiry);
            else if (kind === 'append') driver.append(name(key), new Uint8Array(length));
            else if (kind === 'delete') driver.del(name(key));
            else if (kind === 'expire') driver.expire(name(key), driver.nowMs + 5);
            else driver.set(name(10_000 + fresh++), new Uint8Array(length), noExpiry);
          }
          driver.nowMs += 3;
          driver.store.housekeep(driver.nowMs, 500);
        }
        while (snapshot.step(50));
        expect(collector.entries).toEqual(expected);
        expect(collector.twice).toBe(0);
      }),
      { numRuns: 80 },
    );
  });

  it('keeps to its slots and ends when everything goes', () => {
    const driver = new StoreDriver();
    for (let i = 0; i < 1_000; i++) driver.set(`${i}`, encoder.encode('x'), noExpiry);
    const half = new Collector(driver);
    const snapshot = driver.store.snapshot(half, 0, 8_191);
    while (snapshot.step(10));
    let inHalf = 0;
    for (let i = 0; i < 1_000; i++) if (driver.key(`${i}`).slot <= 8_191) inHalf++;
    expect(half.entries.size).toBe(inHalf);
    const other = driver.store.snapshot(new Collector(driver));
    other.step(10);
    driver.store.flush();
    expect(other.cancelled).toBe(true);
    expect(other.step(10)).toBe(false);
  });

  it('drops the slots that moved elsewhere', () => {
    const driver = new StoreDriver();
    for (let i = 0; i < 5_000; i++) driver.set(`{gone}${i}`, encoder.encode('x'), driver.nowMs + 1_000);
    driver.set('stays', encoder.encode('x'), noExpiry);
    const { slot } = driver.key('{gone}');
    while (driver.store.dropSlot(slot, 100));
    expect(driver.store.index.keysIn(slot)).toBe(0);
    expect(driver.store.slotUnits[slot]).toBe(0);
    expect([driver.store.entryCount, driver.store.expiringKeys]).toEqual([1, 0]);
  });
});
