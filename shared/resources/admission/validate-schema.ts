import type { StructuralSchema } from '../structural/schema.ts';
import { type FieldError, type FieldErrorReason, childPath, fieldError, omitted } from './field-error.ts';
import { type JsonObject, deepEqual, isObject } from './json.ts';
import { childSchema } from './normalize.ts';

/**
 * Types, enums and bounds, in the API server's order and words. `old` is what is stored: a value that did not change is not
 * refused again (the API server calls that ratcheting), so that a stricter schema never blocks an unrelated change.
 */
export function validateSchema(value: unknown, schema: StructuralSchema, path: string, old?: unknown): readonly FieldError[] {
  if (old !== undefined && deepEqual(value, old)) return [];
  return [
    ...checkType(value, schema, path),
    ...checkString(value, schema, path),
    ...checkNumber(value, schema, path),
    ...checkList(value, schema, path, old),
    ...checkEnum(value, schema, path),
    ...checkObject(value, schema, path, old),
  ];
}

/** The API server reads a larger whole number as a floating one. */
const isInt64 = (value: number): boolean => Number.isInteger(value) && Math.abs(value) < 2 ** 63;

type JsonType = 'null' | 'boolean' | 'string' | 'integer' | 'number' | 'array' | 'object';

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return isInt64(value) ? 'integer' : 'number';
  return typeof value as 'boolean' | 'string' | 'object';
}

const invalid = (path: string, value: unknown, text: string, reason: FieldErrorReason = 'FieldValueInvalid'): FieldError =>
  fieldError(path, reason, value, `${path} in body ${text}`);

function wanted(schema: StructuralSchema): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return schema.type === undefined ? [] : [schema.type];
}

/** The format that the API server's validator attributes to a JSON value of its own accord. */
const formatOfValue: Readonly<Record<string, string>> = { integer: 'int64', number: 'float64' };

function checkType(value: unknown, schema: StructuralSchema, path: string): readonly FieldError[] {
  const types = wanted(schema);
  const actual = typeOf(value);
  if (types.length === 0 || types.includes(actual) || (actual === 'integer' && types.includes('number'))) return [];
  const byFormat = schema.format !== undefined && actual !== 'string' && actual !== 'array';
  const [expected, found] = byFormat ? [schema.format, formatOfValue[actual] ?? ''] : [types.join(','), actual];
  return [invalid(path, found, `must be of type ${expected}: ${JSON.stringify(found)}`, 'FieldValueTypeInvalid')];
}

/** Code points, as Go counts runes. */
const lengthOf = (value: string): number => Array.from(value).length;

function checkString(value: unknown, schema: StructuralSchema, path: string): readonly FieldError[] {
  if (typeof value !== 'string') return [];
  const { maxLength, minLength, pattern } = schema;
  if (maxLength !== undefined && lengthOf(value) > maxLength) {
    return [fieldError(path, 'FieldValueTooLong', omitted, `may not be more than ${maxLength} ${maxLength === 1 ? 'byte' : 'bytes'}`)];
  }
  if (minLength !== undefined && lengthOf(value) < minLength) return [invalid(path, value, `should be at least ${minLength} chars long`)];
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return [invalid(path, value, `should match '${pattern}'`)];
  if (schema.format === 'date-time' && !isDateTime(value)) {
    return [invalid(path, value, `must be of type date-time: ${JSON.stringify(value)}`, 'FieldValueTypeInvalid')];
  }
  return [];
}

const dateTime = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
const isDateTime = (value: string): boolean => dateTime.test(value) && !Number.isNaN(Date.parse(value));

const maxInt32 = 2 ** 31 - 1;

function checkNumber(value: unknown, schema: StructuralSchema, path: string): readonly FieldError[] {
  if (typeof value !== 'number') return [];
  const errors: FieldError[] = [];
  if (schema.type === 'integer' && !fitsFormat(value, schema.format)) {
    const format = schema.format === undefined ? '(default format)' : `with format ${schema.format}`;
    errors.push(fieldError('', 'FieldValueInvalid', '', `Checked value must be of type integer ${format} in ${path}`));
  }
  if (schema.minimum !== undefined && value < schema.minimum) errors.push(invalid(path, value, `should be greater than or equal to ${schema.minimum}`));
  if (schema.maximum !== undefined && value > schema.maximum) errors.push(invalid(path, value, `should be less than or equal to ${schema.maximum}`));
  return errors;
}

const fitsFormat = (value: number, format: string | undefined): boolean =>
  isInt64(value) && (format !== 'int32' || (value >= -maxInt32 - 1 && value <= maxInt32));

function checkList(value: unknown, schema: StructuralSchema, path: string, old: unknown): readonly FieldError[] {
  if (!Array.isArray(value)) return [];
  const errors: FieldError[] = [];
  if (schema.items !== undefined) {
    for (const [index, item] of value.entries()) errors.push(...validateSchema(item, schema.items, `${path}[${index}]`, oldItem(schema, item, old)));
  }
  if (schema.minItems !== undefined && value.length < schema.minItems) errors.push(invalid(path, value.length, `should have at least ${schema.minItems} items`));
  if (schema.maxItems !== undefined && value.length > schema.maxItems) errors.push(tooMany(path, value.length, schema.maxItems));
  return errors;
}

const tooMany = (path: string, actual: number, max: number): FieldError =>
  fieldError(path, 'FieldValueTooMany', actual, `must have at most ${max} ${max === 1 ? 'item' : 'items'}`);

/** Items of a list are comparable over time only where a key tells them apart. */
export function oldItem(schema: StructuralSchema, item: unknown, old: unknown): unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || keys === undefined || !isObject(item) || !Array.isArray(old)) return undefined;
  return old.find((candidate) => isObject(candidate) && keys.every((key) => deepEqual(candidate[key], item[key])));
}

function checkEnum(value: unknown, schema: StructuralSchema, path: string): readonly FieldError[] {
  if (schema.enum === undefined || schema.enum.includes(value as string)) return [];
  return [fieldError(path, 'FieldValueNotSupported', value, `supported values: ${schema.enum.map((item) => JSON.stringify(item)).join(', ')}`)];
}

function checkObject(value: unknown, schema: StructuralSchema, path: string, old: unknown): readonly FieldError[] {
  if (!isObject(value)) return [];
  const oldFields: JsonObject = isObject(old) ? old : {};
  const errors: FieldError[] = [];
  const size = Object.keys(value).length;
  if (schema.maxProperties !== undefined && size > schema.maxProperties) errors.push(tooMany(path, size, schema.maxProperties));
  for (const [name, child] of Object.entries(value)) {
    const known = childSchema(schema, name);
    if (known !== undefined) errors.push(...validateSchema(child, known, childPath(path, name), oldFields[name]));
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) errors.push(fieldError(childPath(path, name), 'FieldValueRequired', omitted, ''));
  }
  return errors;
}
