import { expect, test } from 'vitest';
import { applyLocally } from './apply-locally.ts';
import { badManifests } from './bad-manifests.ts';
import { badNamespaces } from './bad-namespaces.ts';
import { goodManifests } from './good-manifests.ts';
import { goodNamespaces } from './good-namespaces.ts';
import { admissionSuite } from './suite.ts';

admissionSuite('local mode', applyLocally);

test('no two manifests of the lists have the same name', () => {
  const names = [...badManifests, ...goodManifests, ...badNamespaces, ...goodNamespaces].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
