import { afterEach, beforeEach, expect, it } from 'vitest';
import { join } from 'node:path';
import { makeTemporaryFolder, removeTree, writeFileAtomically } from '../../shared/io/files.ts';
import { loadManifests } from './load.ts';

const cluster = (name: string): string => `apiVersion: meridiancache.io/v1alpha1\nkind: CacheCluster\nmetadata: {name: ${name}}\nspec: {memory: 64Mi, regions: [{name: us}]}\n`;
let folder = '';
beforeEach(() => {
  folder = makeTemporaryFolder('meridian-load-');
});
afterEach(() => removeTree(folder));

it('reads every manifest of a folder, with the namespace that it means', () => {
  writeFileAtomically(join(folder, 'a.yaml'), `${cluster('a')}---\n${cluster('b')}`);
  const loaded = loadManifests([folder], { watching: false });
  expect(loaded.ok && loaded.manifests.map(({ id, line }) => `${id}:${line}`)).toEqual(['CacheCluster/default/a:1', 'CacheCluster/default/b:6']);
});

it('names both places of an object that stands twice', () => {
  writeFileAtomically(join(folder, 'a.yaml'), cluster('a'));
  writeFileAtomically(join(folder, 'b.yaml'), cluster('a'));
  const loaded = loadManifests([folder], { watching: false });
  expect(loaded.ok ? [] : loaded.faults).toEqual([`${join(folder, 'b.yaml')}:1: CacheCluster/default/a is already in ${join(folder, 'a.yaml')}:1; delete one of them`]);
});

it('takes a watched file that is empty for one being saved, and one that is gone for deleted', () => {
  writeFileAtomically(join(folder, 'a.yaml'), '\n');
  expect(loadManifests([join(folder, 'a.yaml')], { watching: true })).toMatchObject({ ok: false });
  expect(loadManifests([join(folder, 'gone.yaml')], { watching: true })).toEqual({ ok: true, manifests: [] });
});
