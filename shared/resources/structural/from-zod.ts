import { z } from 'zod';
import type { StructuralSchema } from './schema.ts';

type Json = Record<string, unknown>;

/** Keys in the order in which people read them; the rest keeps its own. */
const keyOrder = ['description', 'type', 'format', 'default', 'enum', 'required', 'properties', 'additionalProperties', 'items'];

/** What goes into `openAPIV3Schema`: no `anyOf` for int-or-string, no bounds that only say "a safe integer". */
export function structuralSchemaOf(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as Json;
  delete json.$schema;
  return tidy(json) as StructuralSchema;
}

function tidy(schema: Json): Json {
  const result: Json = {};
  for (const key of sortedKeys(schema)) {
    if (isNoise(schema, key)) continue;
    result[key] = tidyChild(key, schema[key]);
  }
  return result;
}

function sortedKeys(schema: Json): string[] {
  const rank = (key: string): number => (keyOrder.includes(key) ? keyOrder.indexOf(key) : keyOrder.length);
  return Object.keys(schema).toSorted((a, b) => rank(a) - rank(b));
}

function isNoise(schema: Json, key: string): boolean {
  if (key === 'minimum') return schema.minimum === Number.MIN_SAFE_INTEGER;
  if (key === 'maximum') return schema.maximum === Number.MAX_SAFE_INTEGER;
  if (key === 'anyOf') return schema['x-kubernetes-int-or-string'] === true;
  if (key === 'additionalProperties') return schema['x-kubernetes-preserve-unknown-fields'] === true;
  return false;
}

function tidyChild(key: string, value: unknown): unknown {
  if (key === 'properties') return Object.fromEntries(Object.entries(value as Record<string, Json>).map(([name, child]) => [name, tidy(child)]));
  if (key === 'items' || key === 'additionalProperties') return tidy(value as Json);
  return value;
}
