import { type JsonObject, isObject } from '../../../shared/resources/admission/json.ts';
import { type FieldSet, emptySet, isGranular, listKey } from './field-set.ts';
import { type MergeSchema, childOf, itemOf } from './merge-schema.ts';

/** What is applied laid over what is there. */
export function mergeValues(live: unknown, applied: unknown, schema: MergeSchema): unknown {
  if (applied === undefined) return live;
  if (live === undefined || !isGranular(live, schema) || !isGranular(applied, schema)) return applied;
  if (Array.isArray(live) && Array.isArray(applied)) return mergeLists(live, applied, schema);
  if (!isObject(live) || !isObject(applied)) return applied;
  const merged: JsonObject = { ...live };
  for (const [name, value] of Object.entries(applied)) merged[name] = mergeValues(live[name], value, childOf(schema, name));
  return merged;
}

/** The applied order where it says where every item stands; else new items come last. */
function mergeLists(live: readonly unknown[], applied: readonly unknown[], schema: MergeSchema): readonly unknown[] {
  const old = new Map(live.map((item) => [listKey(item, schema), item]));
  const wanted = new Map(applied.map((item) => [listKey(item, schema), item]));
  const merged = (key: string): unknown => mergeValues(old.get(key), wanted.get(key), itemOf(schema));
  const ordered = [...old.keys()].every((key) => wanted.has(key)) ? [...wanted.keys()] : [...old.keys(), ...[...wanted.keys()].filter((key) => !old.has(key))];
  return ordered.map(merged);
}

/** The value without what is in `gone`, but for what is in `kept`; undefined when nothing is left of it. */
export function removeFields(value: unknown, gone: FieldSet, kept: FieldSet, schema: MergeSchema): unknown {
  if (gone.member && isNothing(kept)) return undefined;
  if (gone.children.size === 0 || !isGranular(value, schema)) return value;
  if (Array.isArray(value)) {
    const items = value.flatMap((item) => {
      const key = listKey(item, schema);
      const rest = removeFields(item, gone.children.get(key) ?? emptySet, kept.children.get(key) ?? emptySet, itemOf(schema));
      return rest === undefined ? [] : [rest];
    });
    return items.length === 0 && value.length > 0 && !kept.member ? undefined : items;
  }
  const rest: JsonObject = {};
  for (const [name, part] of Object.entries(value as JsonObject)) {
    const left = removeFields(part, gone.children.get(`f:${name}`) ?? emptySet, kept.children.get(`f:${name}`) ?? emptySet, childOf(schema, name));
    if (left !== undefined) rest[name] = left;
  }
  return Object.keys(rest).length === 0 && Object.keys(value as JsonObject).length > 0 && !kept.member ? undefined : rest;
}

const isNothing = (set: FieldSet): boolean => !set.member && set.children.size === 0;
