import { expect, it } from 'vitest';
import { canonicalJson, hashOf } from './canonical.ts';

it('does not depend on the order of keys, nor on fields without a value', () => {
  expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[{"d":1}]}');
  expect(hashOf({ a: 1, b: 2 })).toBe(hashOf({ b: 2, a: 1 }));
  expect(hashOf({ a: [1, 2] })).not.toBe(hashOf({ a: [2, 1] }));
});

it('is a recipe that annotations in running clusters were made with', () => {
  expect(hashOf({ cluster: 'demo', shards: [1, 2, 3] })).toBe('c0d084ab842f7291');
});
