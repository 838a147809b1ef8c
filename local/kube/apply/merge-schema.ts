import type { StructuralSchema } from '../../../shared/resources/structural/schema.ts';

/**
 * How values of a kind are merged: which lists are maps or sets, which maps are one value. What is not said is, as on the API
 * server, a granular map or an atomic list.
 */
export interface MergeSchema {
  readonly list?: 'set' | 'map';
  /** Of a list map: what tells its items apart. */
  readonly keys?: readonly string[];
  /** Values of keys that an item may leave out. */
  readonly keyDefaults?: Readonly<Record<string, unknown>>;
  /** The whole map is one value. */
  readonly atomic?: boolean;
  readonly fields?: Readonly<Record<string, MergeSchema>>;
  /** Of a list's items or a map's values. */
  readonly items?: MergeSchema;
}

export const plain: MergeSchema = {};
export const atomic: MergeSchema = { atomic: true };
const setList: MergeSchema = { list: 'set' };
export const listMap = (keys: readonly string[], items: MergeSchema = plain, keyDefaults?: Readonly<Record<string, unknown>>): MergeSchema => ({ list: 'map', keys, items, keyDefaults });
export const struct = (fields: Readonly<Record<string, MergeSchema>>): MergeSchema => ({ fields });

export const childOf = (schema: MergeSchema, field: string): MergeSchema => schema.fields?.[field] ?? schema.items ?? plain;
export const itemOf = (schema: MergeSchema): MergeSchema => schema.items ?? plain;

/** Of metadata, for every kind. */
export const metadataSchema = struct({ ownerReferences: listMap(['uid'], atomic), finalizers: setList });

/** Of a custom resource's schema in its CRD. */
export function mergeSchemaOf(schema: StructuralSchema): MergeSchema {
  const items = schema.items ?? schema.additionalProperties;
  return {
    ...(schema['x-kubernetes-list-type'] === 'map' ? { list: 'map', keys: schema['x-kubernetes-list-map-keys'] ?? [], keyDefaults: keyDefaultsOf(schema) } : {}),
    ...(schema['x-kubernetes-list-type'] === 'set' ? { list: 'set' } : {}),
    ...(schema['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {}),
    ...(schema.properties ? { fields: Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => [name, mergeSchemaOf(property)])) } : {}),
    ...(items ? { items: mergeSchemaOf(items) } : {}),
  };
}

function keyDefaultsOf(schema: StructuralSchema): Readonly<Record<string, unknown>> {
  const entries = (schema['x-kubernetes-list-map-keys'] ?? []).map((key) => [key, schema.items?.properties?.[key]?.default] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
