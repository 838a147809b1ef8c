import { type FieldError, fieldError, omitted } from './field-error.ts';
import { type JsonObject, isObject } from './json.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subdomainSentence =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const labelValueSentence =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const qualifiedPart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const qualifiedPartSentence =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const maxNameLength = 253;
const maxLabelLength = 63;

/** What the API server checks on every kind's metadata, as far as manifests get it wrong. */
export function validateMetadata(object: JsonObject, old?: JsonObject): readonly FieldError[] {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  return [...(old === undefined ? validateName(metadata) : []), ...validateLabels(metadata.labels), ...validateAnnotations(metadata.annotations)];
}

function validateName(metadata: JsonObject): readonly FieldError[] {
  const { name, generateName } = metadata;
  if (typeof name !== 'string' || name === '') {
    return generateName === undefined ? [fieldError('metadata.name', 'FieldValueRequired', omitted, 'name or generateName is required')] : [];
  }
  const errors: FieldError[] = [];
  if (name.length > maxNameLength) errors.push(fieldError('metadata.name', 'FieldValueInvalid', name, `must be no more than ${maxNameLength} characters`));
  if (!subdomain.test(name)) errors.push(fieldError('metadata.name', 'FieldValueInvalid', name, subdomainSentence));
  return errors;
}

function validateLabels(labels: unknown): readonly FieldError[] {
  if (!isObject(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]) => [...keyFaults('metadata.labels', key, key), ...labelFaults(String(value))]);
}

const labelFaults = (value: string): readonly FieldError[] => [
  ...(value.length > maxLabelLength ? [fieldError('metadata.labels', 'FieldValueInvalid', value, `must be no more than ${maxLabelLength} bytes`)] : []),
  ...(labelValue.test(value) ? [] : [fieldError('metadata.labels', 'FieldValueInvalid', value, labelValueSentence)]),
];

const validateAnnotations = (annotations: unknown): readonly FieldError[] =>
  isObject(annotations) ? Object.keys(annotations).flatMap((key) => keyFaults('metadata.annotations', key, key.toLowerCase())) : [];

/** `[prefix/]name`. */
function keyFaults(path: string, key: string, checked: string): readonly FieldError[] {
  const [name, prefix] = checked.split('/').toReversed();
  const fault = (sentence: string): FieldError => fieldError(path, 'FieldValueInvalid', key, sentence);
  const faults: FieldError[] = [];
  if (prefix === '') faults.push(fault('prefix part must be non-empty'));
  else if (prefix !== undefined && !subdomain.test(prefix)) faults.push(fault(`prefix part ${subdomainSentence}`));
  if (name === '') faults.push(fault('name part must be non-empty'));
  else if (name.length > maxLabelLength) faults.push(fault(`name part must be no more than ${maxLabelLength} bytes`));
  if (!qualifiedPart.test(name)) faults.push(fault(qualifiedPartSentence));
  return faults;
}

const metadataFields: ReadonlySet<string> = new Set([
  'annotations',
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generateName',
  'generation',
  'labels',
  'managedFields',
  'name',
  'namespace',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]);

export const unknownMetadata = (metadata: unknown): readonly string[] =>
  isObject(metadata)
    ? Object.keys(metadata)
        .filter((name) => !metadataFields.has(name))
        .map((name) => `metadata.${name}`)
    : [];

/** Metadata of wrong types is refused before anything else, in the words of the server's JSON reader. */
export function metadataFault(metadata: unknown): FieldError | undefined {
  if (metadata === undefined || metadata === null) return undefined;
  if (!isObject(metadata)) return decodingFault('metadata', `json: cannot unmarshal ${jsonType(metadata)} into Go value of type v1.ObjectMeta`);
  for (const field of ['name', 'generateName', 'namespace'] as const) {
    if (isWrong(metadata[field])) return stringFault(field, metadata[field]);
  }
  for (const field of ['labels', 'annotations'] as const) {
    const map = metadata[field];
    const wrong = isObject(map) ? Object.values(map).find(isWrong) : undefined;
    if (wrong !== undefined) return stringFault(field, wrong);
  }
  return undefined;
}

const isWrong = (value: unknown): boolean => value !== undefined && value !== null && typeof value !== 'string';

const stringFault = (field: string, value: unknown): FieldError =>
  decodingFault(`metadata.${field}`, `json: cannot unmarshal ${jsonType(value)} into Go struct field ObjectMeta.${field} of type string`);

const decodingFault = (path: string, detail: string): FieldError => ({ path, reason: 'FieldValueInvalid', detail, sentence: detail });

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
