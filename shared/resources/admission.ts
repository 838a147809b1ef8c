import { type FieldError, fieldError, isBlocking } from './admission/field-error.ts';
import { type JsonObject, isObject, sortedFields } from './admission/json.ts';
import { validateListTypes } from './admission/list-types.ts';
import { metadataFault, unknownMetadata, validateMetadata } from './admission/metadata.ts';
import { normalize } from './admission/normalize.ts';
import { validateScale } from './admission/scale.ts';
import { validateSchema } from './admission/validate-schema.ts';
import { validateRules } from './cel/validate-rules.ts';
import { type CustomResource, customResources } from './registry.ts';
import type { StructuralSchema } from './structural/schema.ts';

export interface AdmitOptions {
  /** What happens to fields that the schema does not know: refused (kubectl's default), dropped with a warning (the server's default), dropped. */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** 'status': only the status is taken from the manifest, the rest from `old`. */
  readonly subresource?: 'status';
}

export interface Admitted {
  readonly admitted: true;
  /** What a server stores: unknown fields dropped, defaults filled in. The caller adds uid, resourceVersion, generation. */
  readonly object: JsonObject;
  /** For the Warning header, such as `unknown field "spec.x"`. */
  readonly warnings: readonly string[];
}

export interface Refused {
  readonly admitted: false;
  /** Of the Status answer: 400 BadRequest for strict decoding, 422 Invalid for the rest. */
  readonly code: 400 | 422;
  readonly reason: 'BadRequest' | 'Invalid';
  /** `message` of the Status answer, as kubectl prints it. */
  readonly message: string;
  readonly errors: readonly FieldError[];
}

export type Admission = Admitted | Refused;

/**
 * Admits an object of Meridian's group as the API server does: the same defaults, the same sentences. `old` is the stored
 * object, on an update. The caller has chosen the kind by path or manifest; metadata that only a server sets is kept.
 */
export function admit(manifest: JsonObject, old?: JsonObject, options: AdmitOptions = {}): Admission {
  const resource = resourceOf(manifest);
  if (resource === undefined) return refusedKind(manifest);
  const malformed = metadataFault(manifest.metadata);
  if (malformed !== undefined) return refusedDecoding(resource, [malformed], malformed.detail);
  const { value, unknownFields } = normalize(manifest, resource.schema());
  const strict = [...unknownFields, ...unknownMetadata(manifest.metadata)].map(unknownField);
  const validation = options.fieldValidation ?? 'Warn';
  if (validation === 'Strict' && strict.length > 0) return refusedStrict(resource, strict);
  const object = withSubresource(sortedFields(value) as JsonObject, old, options.subresource);
  const errors = validate(object, resource, old, options.subresource);
  if (errors.length > 0) return refusedInvalid(resource, object, errors);
  return { admitted: true, object, warnings: validation === 'Warn' ? strict.map(({ sentence }) => sentence) : [] };
}

export function resourceOf(manifest: JsonObject): CustomResource | undefined {
  return customResources.find(({ group, version, kind }) => manifest.kind === kind && manifest.apiVersion === `${group}/${version}`);
}

/** An ordinary write never changes the status, a write of the status nothing else. */
function withSubresource(object: JsonObject, old: JsonObject | undefined, subresource: AdmitOptions['subresource']): JsonObject {
  if (subresource === 'status') {
    const { status: _dropped, ...rest } = old ?? object;
    const metadata = { ...(isObject(rest.metadata) ? rest.metadata : {}), ...resourceVersionOf(object) };
    return { ...rest, metadata, ...(object.status === undefined ? {} : { status: object.status }) };
  }
  const { status: _dropped, ...rest } = object;
  return old?.status === undefined ? rest : { ...rest, status: old.status };
}

const resourceVersionOf = (object: JsonObject): JsonObject => {
  const resourceVersion = isObject(object.metadata) ? object.metadata.resourceVersion : undefined;
  return resourceVersion === undefined ? {} : { resourceVersion };
};

function validate(object: JsonObject, resource: CustomResource, old: JsonObject | undefined, subresource: AdmitOptions['subresource']): readonly FieldError[] {
  const schema = resource.schema();
  if (subresource === 'status') {
    const errors = [...validateStatus(object.status, schema.properties?.status, old?.status), ...validateScale(object, resource.scale, true)];
    return errors.some(isBlocking) ? [...errors, rulesSkipped] : errors;
  }
  const errors = [
    ...validateMetadata(object, old),
    ...validateSchema(object, schema, '', old),
    ...validateScale(object, resource.scale, false),
    ...validateListTypes(object, schema, ''),
  ];
  if (errors.some(isBlocking)) return [...errors, rulesSkipped];
  return [...errors, ...validateRules(object, schema, '', old)];
}

/** The API server checks a status as a document of its own, and its sentences speak of one. */
function validateStatus(status: unknown, schema: StructuralSchema | undefined, old: unknown): readonly FieldError[] {
  if (schema === undefined || status === undefined) return [];
  const within = ({ path, ...error }: FieldError): FieldError => {
    const place = path === '<nil>' ? 'status' : `status.${path}`;
    return { ...error, path: place, sentence: `${place}: ${error.detail}` };
  };
  return [...validateSchema(status, schema, '', old).map(within), ...validateListTypes(status, schema, 'status')];
}

const rulesSkipped = fieldError(
  '',
  'FieldValueInvalid',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

const unknownField = (path: string): FieldError => {
  const sentence = `unknown field "${path}"`;
  return { path, reason: 'FieldValueInvalid', detail: sentence, sentence };
};

const refusedStrict = (resource: CustomResource, errors: readonly FieldError[]): Refused =>
  refusedDecoding(resource, errors, `strict decoding error: ${errors.map(({ sentence }) => sentence).join(', ')}`);

function refusedDecoding({ kind, version }: CustomResource, errors: readonly FieldError[], detail: string): Refused {
  return { admitted: false, code: 400, reason: 'BadRequest', message: `${kind} in version "${version}" cannot be handled as a ${kind}: ${detail}`, errors };
}

function refusedInvalid(resource: CustomResource, object: JsonObject, errors: readonly FieldError[]): Refused {
  const distinct = [...new Map(errors.map((error) => [error.sentence, error])).values()];
  const sentences = distinct.map((error) => error.sentence);
  const name = isObject(object.metadata) && typeof object.metadata.name === 'string' ? object.metadata.name : '';
  const message = `${resource.kind}.${resource.group} "${name}" is invalid: ${sentences.length === 1 ? sentences[0] : `[${sentences.join(', ')}]`}`;
  return { admitted: false, code: 422, reason: 'Invalid', message, errors: distinct };
}

function refusedKind(manifest: JsonObject): Refused {
  const known = customResources.map(({ group, version, kind }) => `${kind} (${group}/${version})`).join(', ');
  const error = fieldError('kind', 'FieldValueNotSupported', manifest.kind ?? '', `apiVersion ${JSON.stringify(manifest.apiVersion ?? '')}; Meridian has: ${known}`);
  return { admitted: false, code: 422, reason: 'Invalid', message: error.sentence, errors: [error] };
}

