import { type JsonObject, deepEqual, isObject } from '../../../shared/resources/admission/json.ts';
import { type MergeSchema, childOf, itemOf } from './merge-schema.ts';

/** A set of paths: `f:name` of a map, `k:{…}` of a list map, `v:…` of a set, as metadata.managedFields has them. */
export interface FieldSet {
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const emptySet: FieldSet = { member: false, children: new Map() };
const leaf: FieldSet = { member: true, children: new Map() };
export const isEmpty = (set: FieldSet): boolean => !set.member && set.children.size === 0;
const make = (member: boolean, children: Map<string, FieldSet>): FieldSet => ({ member, children });

const isMap = (value: unknown, schema: MergeSchema): value is JsonObject => isObject(value) && schema.atomic !== true;
const isGranularList = (value: unknown, schema: MergeSchema): value is unknown[] => Array.isArray(value) && schema.list !== undefined;
/** Has parts that can be owned apart from each other. */
export const isGranular = (value: unknown, schema: MergeSchema): boolean => isMap(value, schema) || isGranularList(value, schema);

export function listKey(item: unknown, schema: MergeSchema): string {
  if (schema.list === 'set') return `v:${JSON.stringify(item)}`;
  const fields = isObject(item) ? item : {};
  const keys = (schema.keys ?? []).toSorted().map((key) => [key, fields[key] ?? schema.keyDefaults?.[key]] as const);
  return `k:${JSON.stringify(Object.fromEntries(keys.filter(([, value]) => value !== undefined)))}`;
}

/** The parts of a granular value with the path element and schema of each. */
function partsOf(value: unknown, schema: MergeSchema): readonly (readonly [element: string, part: unknown, schema: MergeSchema])[] {
  if (isMap(value, schema)) return Object.entries(value).map(([name, part]) => [`f:${name}`, part, childOf(schema, name)]);
  if (isGranularList(value, schema)) return value.map((item) => [listKey(item, schema), item, itemOf(schema)]);
  return [];
}

/** Every field that a value has. */
export function setOf(value: unknown, schema: MergeSchema, isItem = false): FieldSet {
  if (!isGranular(value, schema)) return leaf;
  const parts = partsOf(value, schema);
  if (parts.length === 0) return isObject(value) || isItem ? leaf : emptySet;
  const inList = Array.isArray(value);
  const children = new Map<string, FieldSet>();
  for (const [element, part, partSchema] of parts) {
    const child = setOf(part, partSchema, inList);
    if (!isEmpty(child)) children.set(element, child);
  }
  return make(isItem, children);
}

export function union(left: FieldSet, right: FieldSet): FieldSet {
  const children = new Map(left.children);
  for (const [element, child] of right.children) children.set(element, union(children.get(element) ?? emptySet, child));
  return make(left.member || right.member, children);
}

export function difference(left: FieldSet, right: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of left.children) {
    const rest = difference(child, right.children.get(element) ?? emptySet);
    if (!isEmpty(rest)) children.set(element, rest);
  }
  return make(left.member && !right.member, children);
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of left.children) {
    const common = intersection(child, right.children.get(element) ?? emptySet);
    if (!isEmpty(common)) children.set(element, common);
  }
  return make(left.member && right.member, children);
}

export const equalSets = (left: FieldSet, right: FieldSet): boolean => isEmpty(difference(left, right)) && isEmpty(difference(right, left));

export interface Comparison {
  readonly added: FieldSet;
  readonly removed: FieldSet;
  readonly modified: FieldSet;
}

export function compare(before: unknown, after: unknown, schema: MergeSchema): Comparison {
  return { added: newFields(before, after, schema), removed: newFields(after, before, schema), modified: modifiedFields(before, after, schema) };
}

/** Fields of `after` that `before` has not; a map that is there in both, full or empty, is in neither's favour. */
function newFields(before: unknown, after: unknown, schema: MergeSchema): FieldSet {
  if (!isGranular(before, schema) || !isGranular(after, schema)) return emptySet;
  const old = new Map(partsOf(before, schema).map(([element, part]) => [element, part]));
  const children = new Map<string, FieldSet>();
  for (const [element, part, partSchema] of partsOf(after, schema)) {
    const child = old.has(element) ? newFields(old.get(element), part, partSchema) : setOf(part, partSchema, Array.isArray(after));
    if (!isEmpty(child)) children.set(element, child);
  }
  return make(false, children);
}

function modifiedFields(before: unknown, after: unknown, schema: MergeSchema): FieldSet {
  if (!isGranular(before, schema) || !isGranular(after, schema)) return deepEqual(before, after) ? emptySet : leaf;
  const old = new Map(partsOf(before, schema).map(([element, part]) => [element, part]));
  const children = new Map<string, FieldSet>();
  for (const [element, part, partSchema] of partsOf(after, schema)) {
    const child = old.has(element) ? modifiedFields(old.get(element), part, partSchema) : emptySet;
    if (!isEmpty(child)) children.set(element, child);
  }
  return make(false, children);
}

/** Paths as the API server prints them: `.spec.replicas`, `.spec.containers[name="node"].image`. */
export function pathsOf(set: FieldSet, prefix = ''): readonly string[] {
  const own = set.member ? [prefix] : [];
  return [...own, ...[...set.children].flatMap(([element, child]) => pathsOf(child, prefix + printed(element)))];
}

function printed(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as JsonObject).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `[${keys.join(',')}]`;
}

/** FieldsV1: an empty map is a member without children, `.` marks a member that has some. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const children = [...set.children].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const fields = Object.fromEntries(children.map(([element, child]) => [element, toFieldsV1(child)]));
  return set.member && set.children.size > 0 ? { '.': {}, ...fields } : fields;
}

export function fromFieldsV1(fields: JsonObject, isRoot = true): FieldSet {
  const entries = Object.entries(fields).filter(([element]) => element !== '.');
  const member = '.' in fields || (!isRoot && entries.length === 0);
  return make(member, new Map(entries.map(([element, child]) => [element, fromFieldsV1(child as JsonObject, false)])));
}
