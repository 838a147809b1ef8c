import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotOfKey } from '../../../shared/slots/crc16.ts';
import { entryType } from '../entry-layout.ts';
import { Store } from '../store.ts';
import type { Session } from './session.ts';

const nowMs = 1_000;
const key = Buffer.from('a collection');
const slot = slotOfKey(key);

function newStore(): Store {
  return new Store({ seed: 7, segmentBytes: 65_536, random: () => 0.5 });
}

function edit(store: Store, session: Session, change: () => void): void {
  session.edit(key, 0, key.length, slot, store.hashKey(key, 0, key.length), nowMs);
  change();
  session.done();
}

function load(store: Store, session: Session): boolean {
  const ref = store.find(key, 0, key.length, slot, store.hashKey(key, 0, key.length), nowMs);
  if (ref !== 0) session.load(ref);
  return ref !== 0;
}

const text = (bytes: Uint8Array, start: number, length: number): string => Buffer.from(bytes.subarray(start, start + length)).toString('latin1');

/** What the store counts for the slot is what a recount of the one key gives, and nothing is left when the key goes. */
function expectAccounts(store: Store): void {
  const ref = store.find(key, 0, key.length, slot, store.hashKey(key, 0, key.length), nowMs);
  expect(store.slotUnits[slot] * 8).toBe(ref === 0 ? 0 : store.bytesOf(ref) - 8);
  const large = ref !== 0 && store.isLarge(ref);
  if (large) expect(store.parts.slab.usedBytes).toBe(store.parts.bytesOf(store.rootOf(ref)) - 32);
  if (ref !== 0) store.remove(key, 0, key.length, slot, store.hashKey(key, 0, key.length), nowMs);
  while (store.parts.hasDoomed) store.parts.freeSome(10);
  expect(store.parts.slab.usedBytes).toBe(0);
  expect(store.slotUnits[slot]).toBe(0);
}

const name = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -50, max: 400 }).map(String) }, { weight: 1, arbitrary: fc.integer({ min: 60, max: 5_000 }).map((n) => 'x'.repeat(n)) });

describe('hashes', () => {
  it('are maps', () => {
    const operation = fc.record({ kind: fc.constantFrom('set', 'set', 'set', 'remove'), field: name, value: name });
    fc.assert(
      fc.property(fc.array(fc.array(operation, { minLength: 1, maxLength: 40 }), { maxLength: 40 }), (commands) => {
        const store = newStore();
        const { hashes } = store.collections;
        const model = new Map<string, string>();
        for (const command of commands) {
          edit(store, hashes, () => {
            for (const { kind, field, value } of command) {
              const f = Buffer.from(field);
              const v = Buffer.from(value);
              if (kind === 'set') expect(hashes.set(f, 0, f.length, v, 0, v.length)).toBe(model.has(field) ? 0 : 1);
              else expect(hashes.remove(f, 0, f.length)).toBe(model.has(field));
              if (kind === 'set') model.set(field, value);
              else model.delete(field);
            }
          });
          expect(load(store, hashes)).toBe(model.size > 0);
          if (model.size === 0) continue;
          expect(hashes.size).toBe(model.size);
          const met = new Map<string, string>();
          hashes.rewind();
          while (hashes.next()) met.set(text(hashes.fieldBytes, hashes.fieldStart, hashes.fieldLength), text(hashes.valueBytes, hashes.valueStart, hashes.valueLength));
          expect(met).toEqual(model);
          for (const [field, value] of model) {
            const f = Buffer.from(field);
            expect(hashes.find(f, 0, f.length)).toBe(true);
            expect(text(hashes.valueBytes, hashes.valueStart, hashes.valueLength)).toBe(value);
          }
          const scanned = new Set<string>();
          let cursor = 0;
          do cursor = hashes.scan(cursor, 3, () => scanned.add(text(hashes.fieldBytes, hashes.fieldStart, hashes.fieldLength)));
          while (cursor !== 0);
          expect(scanned).toEqual(new Set(model.keys()));
          hashes.seekRandom(0.7);
          expect(model.has(text(hashes.fieldBytes, hashes.fieldStart, hashes.fieldLength))).toBe(true);
        }
        expectAccounts(store);
      }),
      { numRuns: 40 },
    );
  });
});

describe('sets', () => {
  it('are sets, and integers until something else comes', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ add: fc.boolean(), member: name }), { maxLength: 1_000 }), (operations) => {
        const store = newStore();
        const { sets } = store.collections;
        const model = new Set<string>();
        for (const { add, member } of operations) {
          const m = Buffer.from(member);
          edit(store, sets, () => {
            if (add) expect(sets.add(m, 0, m.length)).toBe(!model.has(member));
            else expect(sets.remove(m, 0, m.length)).toBe(model.has(member));
          });
          if (add) model.add(member);
          else model.delete(member);
        }
        expect(load(store, sets)).toBe(model.size > 0);
        if (model.size > 0) {
          const met = new Set<string>();
          sets.rewind();
          while (sets.next()) met.add(text(sets.memberBytes, sets.memberStart, sets.memberLength));
          expect(met).toEqual(model);
          if (sets.encoding === 'intset') expect([...model].every((member) => /^-?\d+$/.test(member))).toBe(true);
        }
        expectAccounts(store);
      }),
      { numRuns: 40 },
    );
  });
});

describe('lists', () => {
  it('are arrays', () => {
    const place = fc.integer({ min: 0, max: 1_000_000 });
    const operation = fc.record({
      kind: fc.constantFrom('front', 'back', 'front', 'back', 'popFront', 'popBack', 'replace', 'before', 'after', 'remove', 'cut'),
      place,
      element: fc.oneof({ weight: 6, arbitrary: name }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 9_000 }).map((n) => 'y'.repeat(n)) }),
    });
    fc.assert(
      fc.property(fc.array(fc.array(operation, { minLength: 1, maxLength: 8 }), { maxLength: 150 }), (commands) => {
        const store = newStore();
        const { lists } = store.collections;
        const model: string[] = [];
        for (const command of commands) {
          edit(store, lists, () => {
            for (const { kind, place: at, element } of command) {
              const e = Buffer.from(element);
              const index = model.length === 0 ? -1 : at % model.length;
              if (kind === 'front') {
                lists.pushFront(e, 0, e.length);
                model.unshift(element);
              } else if (kind === 'back') {
                lists.pushBack(e, 0, e.length);
                model.push(element);
              } else if (kind === 'popFront' || kind === 'popBack') {
                const gone = kind === 'popFront' ? model.shift() : model.pop();
                expect(kind === 'popFront' ? lists.popFront() : lists.popBack()).toBe(gone !== undefined);
                if (gone !== undefined) expect(text(lists.elementBytes, lists.elementStart, lists.elementLength)).toBe(gone);
              } else if (index >= 0) {
                expect(lists.seek(index)).toBe(true);
                expect(text(lists.elementBytes, lists.elementStart, lists.elementLength)).toBe(model[index]);
                if (kind === 'replace') {
                  lists.replace(e, 0, e.length);
                  model[index] = element;
                } else if (kind === 'before' || kind === 'after') {
                  if (kind === 'before') lists.insertBefore(e, 0, e.length);
                  else lists.insertAfter(e, 0, e.length);
                  expect(text(lists.elementBytes, lists.elementStart, lists.elementLength)).toBe(model[index]);
                  model.splice(kind === 'before' ? index : index + 1, 0, element);
                } else if (kind === 'remove') {
                  lists.removeHere();
                  model.splice(index, 1);
                  expect(lists.next()).toBe(index < model.length);
                  if (index < model.length) expect(text(lists.elementBytes, lists.elementStart, lists.elementLength)).toBe(model[index]);
                } else {
                  lists.removeRange(index, 3);
                  model.splice(index, 3);
                }
              }
              expect(lists.size).toBe(model.length);
            }
          });
        }
        expect(load(store, lists)).toBe(model.length > 0);
        if (model.length > 0) {
          const met: string[] = [];
          lists.rewind();
          while (lists.next()) met.push(text(lists.elementBytes, lists.elementStart, lists.elementLength));
          expect(met).toEqual(model);
          const back: string[] = [];
          for (let more = lists.seek(-1); more; more = lists.previous()) back.push(text(lists.elementBytes, lists.elementStart, lists.elementLength));
          expect(back.toReversed()).toEqual(model);
        }
        expectAccounts(store);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a popped element', () => {
  it('can be read until the next command, even when its memory was the last of its extent', () => {
    const store = newStore();
    const { lists } = store.collections;
    const big = Buffer.alloc(40_000_000, 'b');
    edit(store, lists, () => {
      for (let i = 0; i < 20_000; i++) lists.pushBack(Buffer.alloc(4_000, 'a' + (i % 10)), 0, 4_000);
      lists.pushBack(big, 0, big.length);
    });
    edit(store, lists, () => {
      expect(lists.popBack()).toBe(true);
      expect(text(lists.elementBytes, lists.elementStart + lists.elementLength - 3, 3)).toBe('bbb');
    });
    for (let i = 0; i < 20_000; i++) {
      edit(store, lists, () => lists.popFront());
      expect(lists.elementBytes[lists.elementStart]).toBe(Buffer.from('a')[0]);
    }
    const committed = store.parts.committedBytes;
    while (store.housekeep(nowMs, 1_000));
    expect(store.parts.slab.words.filter((words) => words.length > 0).length).toBeLessThanOrEqual(1);
    expect(store.parts.committedBytes).toBeLessThanOrEqual(committed);
  });
});

describe('sorted sets', () => {
  it('are maps in the order of score and member', () => {
    const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true }), fc.constantFrom(Infinity, -Infinity));
    const operation = fc.record({ kind: fc.constantFrom('set', 'set', 'set', 'set', 'remove', 'cut'), member: name, score });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 900 }), (operations) => {
        const store = newStore();
        const { zsets } = store.collections;
        const model = new Map<string, number>();
        const inOrder = (): [string, number][] => [...model].toSorted(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x < y ? -1 : 1));
        for (const { kind, member, score: s } of operations) {
          const m = Buffer.from(member);
          edit(store, zsets, () => {
            if (kind === 'set') expect(zsets.set(m, 0, m.length, s)).toBe(model.has(member) ? 0 : 1);
            else if (kind === 'remove') expect(zsets.remove(m, 0, m.length)).toBe(model.has(member));
            else zsets.removeRange(1, 2);
          });
          if (kind === 'set') model.set(member, s);
          else if (kind === 'remove') model.delete(member);
          else for (const [gone] of inOrder().slice(1, 3)) model.delete(gone);
        }
        expect(load(store, zsets)).toBe(model.size > 0);
        if (model.size > 0) {
          const order = inOrder();
          const met: [string, number][] = [];
          zsets.rewind();
          while (zsets.next()) met.push([text(zsets.memberBytes, zsets.memberStart, zsets.memberLength), zsets.score]);
          expect(met).toEqual(order);
          const back: string[] = [];
          for (let more = zsets.seekRank(order.length - 1); more; more = zsets.previous()) back.push(text(zsets.memberBytes, zsets.memberStart, zsets.memberLength));
          expect(back.toReversed()).toEqual(order.map(([member]) => member));
          order.forEach(([member, s], rank) => {
            const m = Buffer.from(member);
            expect(zsets.rankOf(m, 0, m.length)).toBe(rank);
            expect(zsets.rankOfScore(s, false)).toBe(order.filter(([, other]) => other < s).length);
            expect(zsets.rankOfScore(s, true)).toBe(order.filter(([, other]) => other <= s).length);
          });
        }
        expectAccounts(store);
      }),
      { numRuns: 40 },
    );
  });

  it('counts members in their order where all scores are equal', () => {
    for (const count of [10, 1_000]) {
      const store = newStore();
      const { zsets } = store.collections;
      const members = Array.from({ length: count }, (_, i) => `m${i}`).toSorted();
      edit(store, zsets, () => members.forEach((member) => zsets.set(Buffer.from(member), 0, member.length, 1)));
      expect(load(store, zsets)).toBe(true);
      members.forEach((member, rank) => {
        expect(zsets.rankOfLex(Buffer.from(member), 0, member.length, false)).toBe(rank);
        expect(zsets.rankOfLex(Buffer.from(member), 0, member.length, true)).toBe(rank + 1);
      });
    }
  });
});

describe('a large collection', () => {
  it.each([entryType.hash, entryType.set, entryType.list, entryType.zset])('of type %i moves and is copied with its key', (type) => {
    const store = newStore();
    const session = store.collections.ofType(type) as Session;
    const { hashes, sets, lists, zsets } = store.collections;
    edit(store, session, () => {
      for (let i = 0; i < 1_000; i++) {
        const e = Buffer.from(`element ${i}`);
        if (type === entryType.hash) hashes.set(e, 0, e.length, e, 0, e.length);
        else if (type === entryType.set) sets.add(e, 0, e.length);
        else if (type === entryType.list) lists.pushBack(e, 0, e.length);
        else zsets.set(e, 0, e.length, i);
      }
    });
    const other = Buffer.from('{a collection}2');
    const hash = store.hashKey(key, 0, key.length);
    const otherHash = store.hashKey(other, 0, other.length);
    const otherSlot = slotOfKey(other);
    const at = (): number => store.find(key, 0, key.length, slot, hash, nowMs);
    const otherAt = (): number => store.find(other, 0, other.length, otherSlot, otherHash, nowMs);
    expect(store.copyEntry(at(), other, 0, other.length, otherSlot, otherHash, nowMs)).toBe(true);
    session.load(otherAt());
    expect(session.size).toBe(1_000);
    expect(store.moveEntry(at(), other, 0, other.length, otherSlot, otherHash, nowMs)).toBe(true);
    expect(store.remove(key, 0, key.length, slot, hash, nowMs)).toBe(true);
    session.load(otherAt());
    expect(session.size).toBe(1_000);
    while (store.parts.hasDoomed) store.parts.freeSome(7);
    expect(store.parts.slab.usedBytes).toBe(store.parts.bytesOf(store.rootOf(otherAt())) - 32);
    expect(store.slotUnits[slot] + (otherSlot === slot ? 0 : store.slotUnits[otherSlot])).toBe((store.bytesOf(otherAt()) - 8) / 8);
    store.remove(other, 0, other.length, otherSlot, otherHash, nowMs);
    while (store.parts.hasDoomed) store.parts.freeSome(7);
    expect(store.parts.slab.usedBytes).toBe(0);
  });
});
