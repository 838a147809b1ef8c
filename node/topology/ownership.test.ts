import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownershipMapSchema } from '../../shared/kube/documents.ts';
import { parseOwnershipMap, parseOwnershipText } from './ownership.ts';

const range = { from: 0, to: 16383, shard: 0, generation: 1 };

describe('the ownership map', () => {
  it('accepts what the schema accepts', () => {
    const map = { formatVersion: 1, version: 3, ranges: [range], moves: [], later: 'field' };
    expect(parseOwnershipMap(map)).toMatchObject({ version: 3, ranges: [range] });
    expect(ownershipMapSchema.safeParse(map).success).toBe(true);
  });

  it.each([
    ['a slot of two owners', { formatVersion: 1, version: 1, ranges: [range, { ...range, from: 5, to: 5, shard: 1 }] }, 'gives slot 5 to two shards'],
    ['a slot beyond the last', { formatVersion: 1, version: 1, ranges: [{ ...range, to: 16384 }] }, 'has a range that is none'],
    ['a range turned round', { formatVersion: 1, version: 1, ranges: [{ ...range, from: 9, to: 8 }] }, 'has a range that is none'],
    ['another format', { formatVersion: 2, version: 1, ranges: [] }, 'has format 2'],
    ['no version', { formatVersion: 1, ranges: [] }, 'has no version'],
  ])('refuses %s', (_what, map, reason) => {
    expect(parseOwnershipMap(map)).toBe(reason);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.anything(), (value) => ['string', 'object'].includes(typeof parseOwnershipMap(value))));
    expect(parseOwnershipText('{')).toBe('is not JSON');
  });
});
