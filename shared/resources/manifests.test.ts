import { expect, test } from 'vitest';
import { manifestFaults, readManifests } from './manifests.ts';

const head = 'apiVersion: meridiancache.io/v1alpha1\nkind: CacheCluster\n';
const faultsOf = (text: string): readonly string[] => readManifests('cart.yaml', text).flatMap((manifest) => manifestFaults(manifest).map(({ sentence }) => sentence));

test('a fault is told with file, line of the field, path and the sentence of admission', () => {
  const text = `${head}metadata:\n  name: cart\nspec:\n  memory: 64Mi\n  shards: 0\n  regions:\n    - name: a\n    - name: us-nodes\n`;
  expect(faultsOf(text)).toEqual([
    'cart.yaml:7: spec.shards: Invalid value: 0: spec.shards in body should be greater than or equal to 1',
    'cart.yaml:10: spec.regions[1].name: Invalid value: "us-nodes": must not end in -nodes: that name is taken by the Service of a region; choose another region name',
  ]);
});

test('what is missing is told with the line of what it is missing from', () => {
  expect(faultsOf(`# first\n${head}metadata:\n  name: cart\nspec:\n  regions:\n    - name: a\n`)[0]).toBe('cart.yaml:6: spec.memory: Required value');
});

test('an unknown field is refused where it stands', () => {
  expect(faultsOf(`${head}metadata: {name: cart}\nspec:\n  memory: 64Mi\n  regions: [{name: a}]\n  shardz: 3\n`)).toEqual(['cart.yaml:7: spec.shardz: unknown field "spec.shardz"']);
});

test('several documents, empty ones and lists; every object knows its line', () => {
  const one = (name: string): string => `${head}metadata: {name: ${name}}\nspec: {memory: 64Mi, regions: [{name: a}]}\n`;
  const manifests = readManifests('all.yaml', `---\n${one('a')}---\n# nothing\n---\n${one('b')}`);
  expect(manifests.map(({ line, object }) => [line, (object.metadata as { name: string }).name])).toEqual([[2, 'a'], [9, 'b']]);
  const list = readManifests('list.yaml', 'apiVersion: v1\nkind: List\nitems:\n  - apiVersion: meridiancache.io/v1alpha1\n    kind: CacheCluster\n    spec:\n      shards: 0\n');
  expect(list.map((manifest) => manifest.lineOf('spec.shards'))).toEqual([7]);
  expect(readManifests('empty.yaml', '')).toEqual([]);
});

test('JSON is YAML', () => {
  expect(readManifests('x.json', '{"apiVersion": "meridiancache.io/v1alpha1", "kind": "CacheCluster"}')[0].object.kind).toBe('CacheCluster');
});

test('kinds that Meridian does not have, and versions that a kind does not have', () => {
  expect(faultsOf('apiVersion: v1\nkind: Pod\n')).toEqual([
    'cart.yaml:2: kind: Unsupported value: "Pod": Meridian\'s kinds are CacheCluster (meridiancache.io/v1alpha1), CacheNamespace (meridiancache.io/v1alpha1); other kinds are for kubectl',
  ]);
  expect(faultsOf('apiVersion: meridiancache.io/v1\nkind: CacheCluster\n')).toEqual([
    'cart.yaml:1: apiVersion: Unsupported value: "meridiancache.io/v1": write meridiancache.io/v1alpha1 for a CacheCluster',
  ]);
  expect(faultsOf('\nspec: {}\n')).toEqual(['cart.yaml:2: apiVersion: Required value']);
});

test.each([
  ['a: 1\nb: [', 2],
  ['a: 1\na: 2\n', 2],
  ['- a\n', 1],
  ['\nhello\n', 2],
])('broken YAML %j is told with its line', (text, line) => {
  expect(() => readManifests('cart.yaml', text)).toThrow(new RegExp(`^cart\\.yaml:${line}: `));
});
