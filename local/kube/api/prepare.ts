import { KubeError, type KubeObject } from '../../../operator/kube/port.ts';
import { type JsonObject, deepEqual, isObject } from '../../../shared/resources/admission/json.ts';
import { type ApiKind, apiVersionOf } from '../kinds/api-kind.ts';
import { withDefaults } from '../kinds/defaults.ts';
import type { ApiContext, WriteRequest } from './context.ts';
import { badRequest, invalid } from './errors.ts';
import { validateMetadata } from './validate-metadata.ts';

/** 400 for an object of another kind than the path says. */
export function checkType(kind: ApiKind, object: KubeObject): KubeObject {
  const expected = apiVersionOf(kind);
  if (!isObject(object) || !isObject(object.metadata ?? {})) throw badRequest('the object provided is not a Kubernetes object');
  if ((object.apiVersion ?? expected) !== expected || (object.kind ?? kind.kind) !== kind.kind) {
    throw badRequest(`the object provided is unrecognized (expected ${expected} ${kind.kind}, got ${object.apiVersion} ${object.kind})`);
  }
  return { ...object, apiVersion: expected, kind: kind.kind, metadata: withoutEmpty(object.metadata ?? {}) };
}

/** Empty maps and lists of metadata are not stored; nulls are as good as absent. */
function withoutEmpty(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const empty = (value: unknown): boolean => value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => !empty(value))) as unknown as KubeObject['metadata'];
}

/** Defaults and rules: those of the CRD for custom resources, a useful few for Kubernetes' own kinds. */
export function admitted(context: ApiContext, kind: ApiKind, object: KubeObject, old: KubeObject | undefined, request: WriteRequest): KubeObject {
  const typed = checkType(kind, object);
  if (!kind.custom) {
    const filled = request.subresource === 'status' ? typed : withDefaults(kind, withoutNulls(typed) as KubeObject);
    validateMetadata(kind, filled);
    if (old) checkImmutable(kind, filled, old);
    return filled;
  }
  const { managedFields: _managedFields, ...metadata } = typed.metadata;
  const result = context.admit({ ...typed, metadata } as unknown as JsonObject, old as JsonObject | undefined, {
    fieldValidation: request.fieldValidation ?? 'Ignore',
    ...(request.subresource === 'status' ? { subresource: 'status' as const } : {}),
  });
  if (!result.admitted) throw new KubeError(result.code, result.reason, result.message, { causes: result.errors.map(({ path, reason, sentence }) => ({ field: path, reason, message: sentence.startsWith(`${path}: `) ? sentence.slice(path.length + 2) : sentence })) });
  for (const warning of result.warnings) request.warn?.(warning);
  const accepted = result.object as unknown as KubeObject;
  validateMetadata(kind, accepted);
  return { ...accepted, metadata: withoutEmpty({ ...accepted.metadata, managedFields: typed.metadata.managedFields }) };
}

/** Typed kinds do not keep nulls. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== null && part !== undefined)
      .map(([name, part]) => [name, withoutNulls(part)]),
  );
}

const setFieldsThatChange = ['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'];
const setRule =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

function checkImmutable(kind: ApiKind, object: KubeObject, old: KubeObject): void {
  const refuse = (field: string, message: string): never => {
    throw invalid(kind, object.metadata.name, [{ field, reason: 'FieldValueForbidden', message }]);
  };
  if (kind.kind === 'StatefulSet') {
    const fixed = (spec: JsonObject | undefined): JsonObject => Object.fromEntries(Object.entries(spec ?? {}).filter(([name]) => !setFieldsThatChange.includes(name)));
    if (!deepEqual(fixed(object.spec), fixed(old.spec))) refuse('spec', `Forbidden: ${setRule}`);
  }
  if (kind.kind === 'RoleBinding' && !deepEqual(object.roleRef, old.roleRef)) refuse('roleRef', `Invalid value: ${JSON.stringify(object.roleRef)}: cannot change roleRef`);
  if ((kind.kind === 'ConfigMap' || kind.kind === 'Secret') && old.immutable === true && !deepEqual(object.data, old.data)) refuse('data', 'Forbidden: field is immutable when `immutable` is set');
}
