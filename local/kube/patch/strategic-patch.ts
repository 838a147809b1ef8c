import { type JsonObject, deepEqual, isObject } from '../../../shared/resources/admission/json.ts';
import { type MergeSchema, childOf, itemOf } from '../apply/merge-schema.ts';

/**
 * Strategic merge patch: lists with a merge key are merged by its items. The merge key is the first key of the list map, as
 * Kubernetes' own types have it (containers: name, ports: containerPort, conditions: type …).
 */
export function strategicPatch(target: unknown, patch: unknown, schema: MergeSchema): unknown {
  if (!isObject(patch)) return patch;
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  if (patch.$patch === 'delete') return undefined;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  retainKeys(result, patch.$retainKeys);
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$')) continue;
    const merged = value === null ? undefined : patchField(result[name], value, childOf(schema, name));
    if (merged === undefined) delete result[name];
    else result[name] = merged;
  }
  for (const [name, gone] of Object.entries(patch)) deletePrimitives(result, name, gone);
  for (const [name, order] of Object.entries(patch)) setOrder(result, name, order, schema);
  return result;
}

function patchField(old: unknown, value: unknown, schema: MergeSchema): unknown {
  if (!Array.isArray(value)) return strategicPatch(old, value, schema);
  if (schema.list === 'set' && Array.isArray(old)) return [...old, ...value.filter((item) => !old.some((known) => deepEqual(known, item)))];
  return schema.list === 'map' ? patchList(Array.isArray(old) ? old : [], value, schema) : value;
}

function patchList(old: readonly unknown[], items: readonly unknown[], schema: MergeSchema): unknown {
  const [key] = schema.keys ?? [];
  if (items.some((item) => isObject(item) && item.$patch === 'replace')) return items.filter((item) => !(isObject(item) && item.$patch === 'replace'));
  let result = [...old];
  for (const item of items) {
    if (!isObject(item)) continue;
    const at = result.findIndex((known) => isObject(known) && deepEqual(known[key], item[key]));
    if (item.$patch === 'delete') result = at < 0 ? result : result.toSpliced(at, 1);
    else if (at < 0) result.push(withoutDirectives(item));
    else result[at] = strategicPatch(result[at], item, itemOf(schema));
  }
  return result;
}

const withoutDirectives = (patch: JsonObject): JsonObject => Object.fromEntries(Object.entries(patch).filter(([name, value]) => !name.startsWith('$') && value !== null));

function retainKeys(result: JsonObject, keys: unknown): void {
  if (!Array.isArray(keys)) return;
  for (const name of Object.keys(result)) if (!keys.includes(name)) delete result[name];
}

function deletePrimitives(result: JsonObject, directive: string, gone: unknown): void {
  if (!directive.startsWith('$deleteFromPrimitiveList/') || !Array.isArray(gone)) return;
  const name = directive.slice(directive.indexOf('/') + 1);
  const list = result[name];
  if (Array.isArray(list)) result[name] = list.filter((item) => !gone.includes(item));
}

function setOrder(result: JsonObject, directive: string, order: unknown, schema: MergeSchema): void {
  if (!directive.startsWith('$setElementOrder/') || !Array.isArray(order)) return;
  const name = directive.slice(directive.indexOf('/') + 1);
  const list = result[name];
  if (!Array.isArray(list)) return;
  const [key] = childOf(schema, name).keys ?? [];
  const identity = (item: unknown): unknown => (isObject(item) && key !== undefined ? item[key] : item);
  const place = (item: unknown): number => {
    const at = order.findIndex((wanted) => deepEqual(identity(wanted), identity(item)));
    return at < 0 ? order.length : at;
  };
  result[name] = list.toSorted((left, right) => place(left) - place(right));
}
