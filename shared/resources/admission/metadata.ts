import { type FieldError, fieldError, omitted } from './field-error.ts';
import { type JsonObject, isObject } from './json.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subdomainSentence =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const labelValueSentence =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const maxNameLength = 253;

/** What the API server checks on every kind's metadata, as far as manifests get it wrong. */
export function validateMetadata(object: JsonObject, old?: JsonObject): readonly FieldError[] {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  return [...(old === undefined ? validateName(metadata) : []), ...validateLabels(metadata.labels)];
}

function validateName(metadata: JsonObject): readonly FieldError[] {
  const { name, generateName } = metadata;
  if (typeof name !== 'string' || name === '') {
    return generateName === undefined ? [fieldError('metadata.name', 'FieldValueRequired', omitted, 'name or generateName is required')] : [];
  }
  const errors: FieldError[] = [];
  if (name.length > maxNameLength) errors.push(fieldError('metadata.name', 'FieldValueInvalid', name, `must be no more than ${maxNameLength} bytes`));
  if (!subdomain.test(name)) errors.push(fieldError('metadata.name', 'FieldValueInvalid', name, subdomainSentence));
  return errors;
}

function validateLabels(labels: unknown): readonly FieldError[] {
  if (!isObject(labels)) return [];
  return Object.values(labels).flatMap((value) =>
    typeof value === 'string' && !labelValue.test(value) ? [fieldError('metadata.labels', 'FieldValueInvalid', value, labelValueSentence)] : [],
  );
}
