import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type JsonObject, isObject } from '../../shared/resources/admission/json.ts';
import { readManifests } from '../../shared/resources/manifests.ts';
import { namespaceOf } from './build.ts';
import { everything } from './good-namespaces.ts';

/** Manifests with nearly every field, and what people and programs get wrong about one. */
const production = join(import.meta.dirname, '../../examples/production.yaml');
const [{ object }] = readManifests(production, readFileSync(production, 'utf8'));
export const fullCluster: JsonObject = {
  ...object,
  metadata: { name: 'cart', namespace: 'default' },
  spec: { ...(object.spec as JsonObject), autoscaling: { minShards: 1, maxShards: 5 } },
};

const numbers = [0, -1, 1, 5, 1001, 2.5, 1e10];
export const fullNamespace: JsonObject = namespaceOf({ ...everything, clusterRef: { name: 'cart' } });

const texts = ['', 'x', '5', 'é', 'a\n', 'A', 'abc-nodes', 'x'.repeat(300), 'Delete', 'manual', 'session', 'allkeys-lru', '* * * * *', '*/5 0-23 1,15 * 7', '0 0 32 * *', 'ann@b', 'read'];
const quantities = ['64Mi', '1Gi', '1.5Gi', '100m', '1e3', '0x10', '+5', '5.', '.5', '1Ki '];
const durations = ['30s', '1h', '999999h', '1m1h', '0.5s', '0s', '1ms', '25h', '1.5m', '-1s', '5d'];
const ranges = ['10.0.0.0/8', '10.0.0.0/33', '::1/128', 'fe80::/10', '1.2.3.4/08', '::ffff:1.2.3.4/96'];
const shapes = [null, true, false, [], {}, ['a'], [{}], [null], { a: 1 }, { a: 'b' }, { name: 'x' }, [{ name: 'a' }, { name: 'a' }]];
const value = fc.constantFrom<unknown>(...numbers, ...texts, ...quantities, ...durations, ...ranges, ...shapes);

type Step = string | number;

function pathsOf(node: unknown, path: readonly Step[]): readonly (readonly Step[])[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, child]) => {
    const step = Array.isArray(node) ? Number(name) : name;
    return [[...path, step], ...pathsOf(child, [...path, step])];
  });
}

/** Puts a value, or with `undefined` nothing, where the path leads; a path that an earlier change cut off changes nothing. */
function change(node: unknown, [step, ...rest]: readonly Step[], to: unknown): unknown {
  if (step === undefined) return to;
  if (Array.isArray(node)) return node.map((item, index) => (index === step ? change(item, rest, to ?? null) : item));
  if (!isObject(node) || (rest.length > 0 && !Object.hasOwn(node, step))) return node;
  const { [step]: before, ...others } = node;
  const after = change(before, rest, to);
  return after === undefined ? others : { ...others, [step]: after };
}

/** A manifest with one to three random changes. */
export function mutated(full: JsonObject): fc.Arbitrary<JsonObject> {
  const path = fc.constantFrom(...pathsOf(full.spec, ['spec']));
  const mutation = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(path, value) },
    { weight: 2, arbitrary: fc.tuple(path, fc.constant(undefined)) },
    { weight: 1, arbitrary: fc.tuple(path.map((place) => [...place.slice(0, -1), 'bogus']), fc.constant(1)) },
  );
  return fc.array(mutation, { minLength: 1, maxLength: 3 }).map((mutations) => mutations.reduce<unknown>((manifest, [place, to]) => change(manifest, place, to), full) as JsonObject);
}
