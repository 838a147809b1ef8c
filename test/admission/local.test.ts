import { expect, test } from 'vitest';
import { applyLocally } from './apply-locally.ts';
import { badManifests } from './bad-manifests.ts';
import { goodManifests } from './good-manifests.ts';
import { admissionSuite } from './suite.ts';

admissionSuite('local mode', applyLocally);

test('no two manifests of the lists have the same name', () => {
  const names = [...badManifests, ...goodManifests].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
