import type { ScaleSubresource } from '../registry.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { type JsonObject, isObject } from './json.ts';

const maxInt32 = 2 ** 31 - 1;

/** The paths of the scale subresource must lead to 32-bit counts and a text; the API server looks at them apart from the schema. */
export function validateScale(object: JsonObject, scale: ScaleSubresource | undefined, status: boolean): readonly FieldError[] {
  if (scale === undefined) return [];
  if (!status) return [...countAt(object, scale.specReplicasPath), ...statusOf(object, scale)];
  return statusOf(object, scale);
}

const statusOf = (object: JsonObject, scale: ScaleSubresource): readonly FieldError[] => [
  ...countAt(object, scale.statusReplicasPath),
  ...textAt(object, scale.labelSelectorPath),
];

function countAt(object: JsonObject, path: string): readonly FieldError[] {
  const found = valueAt(object, path);
  if ('fault' in found) return [fieldError(path, 'FieldValueInvalid', 0, found.fault)];
  const { value } = found;
  if (value === undefined) return [];
  if (typeof value !== 'number' || !Number.isInteger(value)) return [fieldError(path, 'FieldValueInvalid', 0, wrongType(path, value, 'int64'))];
  if (value < 0) return [fieldError(path, 'FieldValueInvalid', value, 'should be a non-negative integer')];
  return value > maxInt32 ? [fieldError(path, 'FieldValueInvalid', value, `should be less than or equal to ${maxInt32}`)] : [];
}

function textAt(object: JsonObject, path: string): readonly FieldError[] {
  const found = valueAt(object, path);
  if ('fault' in found) return [fieldError(path, 'FieldValueInvalid', '', found.fault)];
  const { value } = found;
  return value === undefined || typeof value === 'string' ? [] : [fieldError(path, 'FieldValueInvalid', '', wrongType(path, value, 'string'))];
}

function valueAt(object: JsonObject, path: string): { readonly value: unknown } | { readonly fault: string } {
  let value: unknown = object;
  let walked = '';
  for (const name of path.slice(1).split('.')) {
    if (value === undefined || value === null) return { value: undefined };
    if (!isObject(value)) return { fault: wrongType(`${walked}.${name}`, value, 'map[string]interface{}') };
    value = value[name];
    walked += `.${name}`;
  }
  return { value };
}

const wrongType = (path: string, value: unknown, expected: string): string =>
  `${path} accessor error: ${goText(value)} is of the type ${goType(value)}, expected ${expected}`;

function goType(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'object' ? 'map[string]interface {}' : typeof value;
}

/** As Go prints it: `map[a:1]`, `[a b]`, `<nil>`. */
function goText(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isObject(value)) return `${value as string | number | boolean}`;
  return `map[${Object.keys(value).toSorted().map((name) => `${name}:${goText(value[name])}`).join(' ')}]`;
}
