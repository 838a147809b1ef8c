import type { KubeObject } from '../../../operator/kube/port.ts';
import { type JsonObject, isObject } from '../../../shared/resources/admission/json.ts';
import { type ApiKind, apiVersionOf } from '../kinds/api-kind.ts';
import { type FieldSet, compare, difference, emptySet, equalSets, fromFieldsV1, isEmpty, setOf, toFieldsV1, union } from './field-set.ts';
import { type MergeSchema, metadataSchema } from './merge-schema.ts';

/** One entry of metadata.managedFields. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource?: string;
  /** RFC 3339, whole seconds. */
  readonly time?: string;
  readonly fields: FieldSet;
}

export interface Writer {
  readonly manager: string;
  readonly operation: Manager['operation'];
  readonly subresource?: string;
  readonly time: string;
}

export const sameManager = (left: Pick<Manager, 'manager' | 'operation' | 'subresource'>, right: Pick<Manager, 'manager' | 'operation' | 'subresource'>): boolean =>
  left.manager === right.manager && left.operation === right.operation && left.subresource === right.subresource;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export function managersOf(object: KubeObject): readonly Manager[] {
  const entries = (object.metadata.managedFields ?? []) as readonly JsonObject[];
  return entries.filter(isObject).map((entry) => ({
    manager: textOf(entry.manager),
    operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: textOf(entry.apiVersion),
    subresource: typeof entry.subresource === 'string' && entry.subresource !== '' ? entry.subresource : undefined,
    time: typeof entry.time === 'string' ? entry.time : undefined,
    fields: fromFieldsV1(isObject(entry.fieldsV1) ? entry.fieldsV1 : {}),
  }));
}

export function encodeManagers(managers: readonly Manager[]): unknown[] {
  const order = (manager: Manager): string => `${manager.operation}\0${manager.time ?? ''}\0${manager.manager}\0${manager.subresource ?? ''}`;
  return managers
    .filter((manager) => !isEmpty(manager.fields))
    .toSorted((left, right) => (order(left) < order(right) ? -1 : 1))
    .map(({ fields, subresource, ...entry }) => ({ ...entry, fieldsType: 'FieldsV1', fieldsV1: toFieldsV1(fields), ...(subresource === undefined ? {} : { subresource }) }));
}

/** Fields that nobody owns: the server sets them, or they are the object's identity. */
const unownedMetadata = ['name', 'namespace', 'creationTimestamp', 'uid', 'resourceVersion', 'generation', 'managedFields', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink', 'generateName'];

/** What of an object can be owned by a write to the object itself or to one of its subresources. */
export function ownable(kind: ApiKind, object: KubeObject, subresource: string | undefined): JsonObject {
  const { apiVersion: _apiVersion, kind: _kind, metadata, status, ...rest } = object;
  if (subresource === 'status') return status === undefined ? {} : { status };
  const shown = Object.fromEntries(Object.entries(metadata).filter(([name]) => !unownedMetadata.includes(name)));
  const body = { ...(Object.keys(shown).length > 0 ? { metadata: shown } : {}), ...rest };
  return kind.hasStatus || status === undefined ? body : { ...body, status };
}

export const ownableSchema = (kind: ApiKind): MergeSchema => ({ ...kind.merge, fields: { metadata: metadataSchema, ...kind.merge.fields } });

/** Everything, whichever subresource it is written by: to find out what a write changed. */
export const wholeOwnable = (kind: ApiKind, object: KubeObject): JsonObject => ({ ...ownable(kind, object, undefined), ...(object.status === undefined ? {} : { status: object.status }) });

/** The managers after a write that is not an apply: what it changed belongs to the writer now. */
export function afterUpdate(kind: ApiKind, before: KubeObject | undefined, after: KubeObject, writer: Writer): readonly Manager[] {
  const schema = ownableSchema(kind);
  const now = wholeOwnable(kind, after);
  const earlier = before ? managersOf(before) : [];
  const { added, removed, modified } = before
    ? compare(wholeOwnable(kind, before), now, schema)
    : { added: setOf(now, schema), removed: emptySet, modified: emptySet };
  const taken = union(added, modified);
  const others = earlier.filter((manager) => !sameManager(manager, writer)).map((manager) => ({ ...manager, fields: difference(difference(manager.fields, taken), removed) }));
  const own = earlier.find((manager) => sameManager(manager, writer));
  const fields = difference(union(own?.fields ?? emptySet, taken), removed);
  const same = own !== undefined && equalSets(own.fields, fields);
  return [...others, { ...writer, apiVersion: apiVersionOf(kind), time: same ? own.time : writer.time, fields }];
}
