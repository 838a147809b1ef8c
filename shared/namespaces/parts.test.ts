import { expect, test } from 'vitest';
import type { NamespaceSettings, NamespacesDocument } from './document.ts';
import { joinParts, splitDocument } from './parts.ts';

const settings = (index: number, users: number): NamespaceSettings => ({
  name: `n${index}`, uid: `u${index}`, tenant: 'é'.repeat(63), consistency: 'eventual', ttlJitterPercent: 0, slidingExpiry: false, maxValueBytes: 1, quota: {}, trackAccess: false,
  access: Array.from({ length: users }, (_, user) => ({ user: `user-${user}-${'x'.repeat(100)}`, verbs: ['read'] })),
});
const document = (count: number, users = 0): NamespacesDocument => ({ formatVersion: 1, revision: 7, namespaces: Array.from({ length: count }, (_, index) => settings(index, users)), retired: [{ name: 'old', uid: 'u' }] });

test.each([
  [0, 0, 1],
  [1000, 0, 1],
  [300, 64, 6],
])('%i namespaces with %i users come back from %i parts of less than 512 kB', (count, users, parts) => {
  const whole = document(count, users);
  const split = splitDocument(whole);
  expect(split).toHaveLength(parts);
  for (const part of split) expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThan(512 * 1024);
  expect(joinParts(JSON.parse(JSON.stringify(split)) as typeof split)).toEqual(whole);
});

test('parts of two revisions, or one that is missing, are no document', () => {
  const split = splitDocument(document(300, 64));
  expect(joinParts([split[0], { ...split[1], revision: 8 }, ...split.slice(2)])).toBeUndefined();
  expect(joinParts(split.slice(0, -1))).toBeUndefined();
  expect(joinParts([split[0], undefined, ...split.slice(2)])).toBeUndefined();
  expect(joinParts([split[1], split[0], ...split.slice(2)])).toBeUndefined();
  expect(joinParts([undefined])).toBeUndefined();
});
