import type { StructuralSchema } from '../structural/schema.ts';
import { type FieldError, childPath, fieldError } from './field-error.ts';
import { isObject } from './json.ts';
import { childSchema } from './normalize.ts';

/** Items of a keyed list must differ in their key. */
export function validateListTypes(value: unknown, schema: StructuralSchema, path: string): readonly FieldError[] {
  if (Array.isArray(value)) {
    const own = schema['x-kubernetes-list-type'] === 'map' ? duplicates(value, schema['x-kubernetes-list-map-keys'] ?? [], path) : [];
    const items = schema.items;
    return items === undefined ? own : [...own, ...value.flatMap((item, index) => validateListTypes(item, items, `${path}[${index}]`))];
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const known = childSchema(schema, name);
    return known === undefined ? [] : validateListTypes(child, known, childPath(path, name));
  });
}

function duplicates(list: readonly unknown[], keys: readonly string[], path: string): readonly FieldError[] {
  const seen = new Map<string, number>();
  const errors: FieldError[] = [];
  for (const [index, item] of list.entries()) {
    if (item !== null && !isObject(item)) return [fieldError(`${path}[${index}]`, 'FieldValueInvalid', item, 'must be an object for an array of list-type map')];
    const fields = item ?? {};
    const key = Object.fromEntries(keys.filter((name) => Object.hasOwn(fields, name)).map((name) => [name, fields[name]]));
    const text = JSON.stringify(key);
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    // The API server names only the second of many.
    if (times === 2) errors.push(fieldError(`${path}[${index}]`, 'FieldValueDuplicate', key, ''));
  }
  return errors;
}
