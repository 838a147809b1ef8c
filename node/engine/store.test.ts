import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import { StoreDriver } from './store-driver.ts';
import { keepExpiry, noExpiry } from './store.ts';

const encoder = new TextEncoder();
const value8 = encoder.encode('12345678');

interface Model {
  readonly value: Uint8Array;
  readonly expireAtMs: number;
}

const key = fc.integer({ min: 0, max: 300 }).map((n) => (n % 3 === 0 ? `k${n}` : `{tag}${n}`));
const value = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 0, max: 100_000 }).map((n) => new Uint8Array(n).fill(n & 255)));
const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('set' as const), key, value, ttl: fc.constantFrom(noExpiry, keepExpiry, 50, 5_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('append' as const), key, value: fc.uint8Array({ maxLength: 200 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('del' as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const), key, ttl: fc.constantFrom(noExpiry, 40, 10_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 100 }) }) },
);

function alive(model: Map<string, Model>, name: string, nowMs: number): Model | undefined {
  const found = model.get(name);
  return found === undefined || (found.expireAtMs !== noExpiry && found.expireAtMs <= nowMs) ? undefined : found;
}

describe('store', () => {
  it('does what a map with expiry does', () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 400 }), (operations) => {
        const driver = new StoreDriver();
        const model = new Map<string, Model>();
        for (const op of operations) {
          const { nowMs } = driver;
          if (op.kind === 'set') {
            const old = alive(model, op.key, nowMs);
            const expireAtMs = op.ttl === keepExpiry ? (old?.expireAtMs ?? noExpiry) : op.ttl === noExpiry ? noExpiry : nowMs + op.ttl;
            driver.set(op.key, op.value, op.ttl > 0 ? nowMs + op.ttl : op.ttl);
            model.set(op.key, { value: op.value, expireAtMs });
          } else if (op.kind === 'append') {
            const old = alive(model, op.key, nowMs);
            driver.append(op.key, op.value);
            model.set(op.key, { value: Buffer.concat([old?.value ?? new Uint8Array(0), op.value]), expireAtMs: old?.expireAtMs ?? noExpiry });
          } else if (op.kind === 'del') {
            expect(driver.del(op.key)).toBe(alive(model, op.key, nowMs) !== undefined);
            model.delete(op.key);
          } else if (op.kind === 'expire') {
            const old = alive(model, op.key, nowMs);
            const at = op.ttl === noExpiry ? noExpiry : nowMs + op.ttl;
            driver.expire(op.key, at);
            if (old !== undefined) model.set(op.key, { ...old, expireAtMs: at });
          } else {
            driver.nowMs += op.ms;
          }
        }
        const living = [...model.keys()].filter((name) => alive(model, name, driver.nowMs) !== undefined);
        expect(driver.keys().toSorted()).toEqual(living.toSorted());
        for (const name of living) {
          expect(Buffer.from(driver.get(name) as Uint8Array).equals((model.get(name) as Model).value)).toBe(true);
          expect(driver.expiry(name)).toBe((model.get(name) as Model).expireAtMs);
        }
        const { units, keys, expiring } = driver.recount();
        expect(driver.store.entryCount).toBe(keys);
        expect(driver.store.expiringKeys).toBe(expiring);
        expect(driver.store.log.liveUnits).toBe(units);
        expect(driver.store.slotUnits.reduce((sum, slotUnits) => sum + slotUnits, 0)).toBe(units);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps a hundred thousand keys of one slot and of many, and forgets them', () => {
    const driver = new StoreDriver();
    for (const prefix of ['{one}', '']) {
      for (let i = 0; i < 100_000; i++) driver.set(`${prefix}${i}`, encoder.encode(`${i}`), noExpiry);
      for (let i = 0; i < 100_000; i++) expect(Number(Buffer.from(driver.get(`${prefix}${i}`) as Uint8Array).toString())).toBe(i);
    }
    expect(new Set(driver.keys()).size).toBe(200_000);
    expect(driver.store.index.keysIn(slotOfKey(encoder.encode('{one}')))).toBeGreaterThanOrEqual(100_000);
    for (const prefix of ['{one}', '']) for (let i = 0; i < 100_000; i++) expect(driver.del(`${prefix}${i}`)).toBe(true);
    expect(driver.store.entryCount).toBe(0);
    expect(driver.store.log.liveUnits).toBe(0);
    expect(driver.store.index.slab.usedBytes).toBe(0);
  });

  it('meets every lasting key in a walk while others come and go', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 0, max: 6_000 }), fc.boolean(), (lasting, passing, grows) => {
        const driver = new StoreDriver();
        for (let i = 0; i < lasting; i++) driver.set(`{a}stays${i}`, encoder.encode('x'), noExpiry);
        for (let i = 0; i < passing && !grows; i++) driver.set(`{a}goes${i}`, encoder.encode('x'), noExpiry);
        const met = new Set<string>();
        let cursor = 0;
        let step = 0;
        do {
          const refs: number[] = [];
          cursor = driver.store.scanStep(cursor, refs);
          for (const ref of refs) {
            driver.store.open(ref);
            met.add(Buffer.from(driver.store.entryBytes.subarray(driver.store.keyStart, driver.store.keyStart + driver.store.keyLength)).toString());
          }
          for (let i = step * 100; i < Math.min(passing, step * 100 + 100); i++) {
            if (grows) driver.set(`{a}goes${i}`, encoder.encode('x'), noExpiry);
            else driver.del(`{a}goes${i}`);
          }
          step++;
        } while (cursor !== 0);
        const missed: number[] = [];
        for (let i = 0; i < lasting; i++) if (!met.has(`{a}stays${i}`)) missed.push(i);
        expect(missed).toEqual([]);
      }),
      { numRuns: 30 },
    );
  }, 120_000);

  it('forgets everything at once', () => {
    const driver = new StoreDriver();
    for (let i = 0; i < 10_000; i++) driver.set(`${i}`, new Uint8Array(1000), noExpiry);
    driver.store.flush();
    expect(driver.store.entryCount).toBe(0);
    expect(driver.keys()).toEqual([]);
    expect(driver.store.committedBytes).toBeLessThan(1024 * 1024);
    driver.set('again', encoder.encode('1'), noExpiry);
    expect(Buffer.from(driver.get('again') as Uint8Array).toString()).toBe('1');
  });
});

describe('figures of keys', () => {
  it('knows the second of the last read where no policy has use for the word', () => {
    const driver = new StoreDriver();
    driver.set('read', value8, noExpiry);
    driver.set('alone', value8, noExpiry);
    driver.nowMs += 60_000;
    driver.get('read');
    driver.nowMs += 5_000;
    const idleSeconds = (name: string): number => driver.nowMs / 1000 - driver.store.lastUseSeconds(driver.find(name), driver.nowMs);
    expect([idleSeconds('read'), idleSeconds('alone')]).toEqual([5, 65]);
  });

  it('knows the mean time to live through every way that keys come and go', () => {
    const driver = new StoreDriver();
    expect(driver.store.averageTtlMs(driver.nowMs)).toBe(0);
    for (let i = 0; i < 1_000; i++) driver.set(`k${i}`, value8, driver.nowMs + (i % 2 === 0 ? 1_000_000 : 3_000_000));
    for (let i = 0; i < 100; i++) driver.expire(`k${i}`, noExpiry);
    for (let i = 100; i < 200; i++) driver.set(`k${i}`, value8, noExpiry);
    for (let i = 200; i < 1_000; i += 4) driver.del(`k${i}`);
    let sum = 0;
    let expiring = 0;
    for (let i = 0; i < 1_000; i++) {
      const expiry = driver.expiry(`k${i}`);
      if (expiry === undefined || expiry === noExpiry) continue;
      sum += expiry - driver.nowMs;
      expiring++;
    }
    expect(expiring).toBe(600);
    expect(Math.abs(driver.store.averageTtlMs(driver.nowMs) - sum / expiring)).toBeLessThan(128);
    driver.store.flush();
    expect(driver.store.averageTtlMs(driver.nowMs)).toBe(0);
  });
});
