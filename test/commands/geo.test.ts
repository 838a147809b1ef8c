import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Word } from './resp-client.ts';
import { compare, compareRandomSequences, propertyTimeoutMs, runs, speak, startPair, type Pair } from './side-by-side.ts';
import { command, foreign, integer, key, keyNames, oneOf, perhaps, several, together, word } from './words.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(async () => {
  expect(pair.node.node.server.statistics.unexpectedErrors).toBe(0);
  await pair.stop();
});

const degrees = (limit: number): fc.Arbitrary<Word> => fc.oneof({ weight: 5, arbitrary: fc.double({ min: -limit, max: limit, noNaN: true }).map(String) }, { weight: 5, arbitrary: fc.double({ min: 10, max: 20, noNaN: true }).map((n) => n.toFixed(6)) }, { weight: 1, arbitrary: fc.constantFrom<Word>('0', '180', '-180', '85.05112878', '-85.05112878', '86', '181', 'x', 'inf') });
const longitude = degrees(180);
const latitude = degrees(85.05);
const place = together(longitude, latitude);
const members = Array.from({ length: 31 }, (_, i) => (i === 30 ? '' : `m${i}`));
const member = oneOf(...members, 'a');
/** Each member keeps off the places of the others: where two are as far from somewhere, Redis leaves open which comes first. */
const apart = (range: number): fc.Arbitrary<number> => fc.oneof(fc.double({ min: -range, max: range, noNaN: true }), fc.integer({ min: 10, max: 20 }));
const memberAtPlace: fc.Arbitrary<readonly Word[]> = fc.oneof(
  { weight: 10, arbitrary: fc.tuple(apart(179), apart(84), fc.nat(members.length - 1)).map(([x, y, i]) => [String(x + i * 0.0013), String(y + i * 0.0017), members[i]]) },
  { weight: 1, arbitrary: fc.constantFrom(['180', '85.05112878', 'a'], ['-180', '-85.05112878', 'a'], ['86', '86', 'a'], ['181', '1', 'm1'], ['x', '1', 'm1'], ['1', 'inf', 'm2']) },
);
const length = fc.oneof(fc.integer({ min: 0, max: 5000 }).map(String), oneOf('0', '-1', 'x', '20000', '0.5', '1e9'));
const unit = oneOf('m', 'km', 'KM', 'ft', 'mi', 'mi', 'km', 'parsec');
const order = perhaps(oneOf('ASC', 'DESC', 'desc'));
const withs = fc.subarray(['WITHCOORD', 'WITHDIST', 'withhash']);
const someWiths = fc.subarray(['WITHCOORD', 'WITHDIST', 'withhash'], { minLength: 1 });
const count = perhaps(together(word('COUNT'), integer));
const from = fc.oneof(together(word('FROMMEMBER'), member), together(word('FROMLONLAT'), place));
const by = fc.oneof(together(word('BYRADIUS'), length, unit), together(word('BYBOX'), length, length, unit));

const points = fc.array(memberAtPlace, { minLength: 1, maxLength: 6 }).map((all) => all.flat());
const onGeo = fc.oneof(
  { weight: 10, arbitrary: command('GEOADD', key, points) },
  { weight: 2, arbitrary: command('GEOADD', key, fc.subarray(['NX', 'XX', 'CH', 'ch'], { maxLength: 2 }), points) },
  command('GEOADD', key, memberAtPlace, member),
  command('GEODIST', key, member, member, perhaps(unit)),
  command('GEOHASH', key, several(member)),
  command('GEOPOS', key, several(member)),
  { weight: 3, arbitrary: command('GEOSEARCH', key, from, by, order, withs, count) },
  command('GEOSEARCH', key, by, from, together(word('COUNT'), integer), perhaps(word('ANY'))),
  command('GEOSEARCH', key, from, from, by, by),
  command('GEOSEARCH', key, from, withs, word('ANY'), order, order, withs),
  { weight: 2, arbitrary: command('GEOSEARCHSTORE', key, key, from, by, order, count) },
  command('GEOSEARCHSTORE', key, key, from, by, withs),
  { weight: 2, arbitrary: command('GEORADIUS', key, place, length, unit, withs, order, count) },
  command('GEORADIUS', key, place, length, unit, word('STORE'), key, order, count),
  command('GEORADIUS', key, place, length, unit, someWiths, oneOf('STORE', 'STOREDIST'), key),
  command('GEORADIUS_RO', key, place, length, unit, withs, perhaps(together(word('STORE'), key))),
  { weight: 2, arbitrary: command('GEORADIUSBYMEMBER', key, member, length, unit, withs, order, count) },
  command('GEORADIUSBYMEMBER', key, member, length, unit, word('STORE'), key),
  command('GEORADIUSBYMEMBER_RO', key, member, length, unit, withs, order),
  command('ZREM', key, member),
  { weight: 1, arbitrary: foreign.filter(([name]) => name !== 'ZADD') },
);

const readings = keyNames.flatMap((name) => [['TYPE', name], ['ZCARD', name], ['ZRANGE', name, '0', '-1', 'WITHSCORES']]);

describe.each([2, 3] as const)('places over RESP%i', (resp) => {
  beforeAll(() => speak(pair, resp));

  it.each([128, 4])('answer as Redis, packed up to %i members', async (entries) => {
    await pair.packUpTo(entries, 64);
    await compareRandomSequences(pair, onGeo, readings, runs(100));
  }, propertyTimeoutMs);
});

describe('scores that are no places', () => {
  it('lead where they lead in Redis', async () => {
    const scores = ['-1', '1e300', '-1e10', '4e15', '4503599627370496', '18446744073709551616', '9223372036854775808', '1.5', 'inf', '-inf'];
    const names = scores.map((_, i) => `m${i}`);
    await compare(pair, [
      ['ZADD', '{t}z', ...scores.flatMap((score, i) => [score, names[i]])],
      ['GEOPOS', '{t}z', ...names],
      ['GEOHASH', '{t}z', ...names],
      ['GEODIST', '{t}z', 'm0', 'm1'],
      ['GEOSEARCH', '{t}z', 'FROMMEMBER', 'm0', 'BYRADIUS', '0', 'm', 'ASC', 'COUNT', '1'],
    ]);
  });
});

describe('distances that are stored', () => {
  it('are those of Redis to a millimetre', async () => {
    for (const client of [pair.ours, pair.theirs]) {
      await client.ask('FLUSHALL');
      await client.ask('GEOADD', '{t}a', '13.361389', '38.115556', 'Palermo', '15.087269', '37.502669', 'Catania', '12.758489', '38.788135', 'edge');
      await client.ask('GEOSEARCHSTORE', '{t}b', '{t}a', 'FROMLONLAT', '15', '37', 'BYBOX', '400', '400', 'km', 'STOREDIST');
      await client.ask('GEORADIUS', '{t}a', '15', '37', '200', 'mi', 'STOREDIST', '{t}c');
    }
    for (const name of ['{t}b', '{t}c']) {
      const [ours, theirs] = await Promise.all([pair.ours, pair.theirs].map(async (client) => {
        const reply = await client.ask('ZRANGE', name, '0', '-1', 'WITHSCORES');
        return 'items' in reply ? reply.items.map((item) => ('text' in item ? item.text : '')) : [];
      }));
      expect(ours.filter((_, i) => i % 2 === 0)).toEqual(theirs.filter((_, i) => i % 2 === 0));
      ours.forEach((text, i) => i % 2 === 1 && expect(Number(text)).toBeCloseTo(Number(theirs[i]), 6));
    }
  });
});
