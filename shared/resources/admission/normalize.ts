import type { StructuralSchema } from '../structural/schema.ts';
import { type JsonObject, isObject } from './json.ts';
import { childPath } from './field-error.ts';

/** What a server stores of what was sent: unknown fields dropped, nulls dropped or replaced, defaults filled in. */
export interface Normalized {
  readonly value: unknown;
  /** Paths of the fields that the schema does not know. */
  readonly unknownFields: readonly string[];
}

export function normalize(value: unknown, schema: StructuralSchema): Normalized {
  const unknownFields: string[] = [];
  return { value: fillIn(prune(value, schema, '', unknownFields), schema), unknownFields: unknownFields.toSorted() };
}

/** apiVersion, kind and metadata are the server's own; the schema says only a part of them. */
const rootFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

function prune(value: unknown, schema: StructuralSchema, path: string, unknownFields: string[]): unknown {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return value;
  if (Array.isArray(value)) return value.map((item, index) => prune(item, schema.items ?? {}, `${path}[${index}]`, unknownFields));
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [name, child] of Object.entries(value)) {
    if (child === undefined) continue;
    const known = path === '' && rootFields.has(name) ? undefined : childSchema(schema, name);
    if (path === '' && rootFields.has(name)) result[name] = child;
    else if (known === undefined) unknownFields.push(childPath(path, name));
    else result[name] = prune(child, known, childPath(path, name), unknownFields);
  }
  return result;
}

export const childSchema = (schema: StructuralSchema, name: string): StructuralSchema | undefined =>
  schema.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : schema.additionalProperties;

function fillIn(value: unknown, schema: StructuralSchema): unknown {
  if (Array.isArray(value)) return schema.items === undefined ? value : value.map((item) => fillIn(item, schema.items!));
  if (!isObject(value) || (schema.properties === undefined && schema.additionalProperties === undefined)) return value;
  const result: JsonObject = {};
  for (const [name, child] of Object.entries(value)) {
    const known = childSchema(schema, name);
    if (child === null && known !== undefined && known.nullable !== true) continue;
    result[name] = known === undefined ? child : fillIn(child, known);
  }
  for (const [name, known] of Object.entries(schema.properties ?? {})) {
    if (known.default === undefined || Object.hasOwn(result, name)) continue;
    result[name] = fillIn(structuredClone(known.default), known);
  }
  return result;
}
