import type { KubeObject } from '../../../operator/kube/port.ts';
import type { ApiKind } from '../kinds/api-kind.ts';
import { type InvalidField, invalid } from './errors.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const labelValueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const bad = (field: string, value: unknown, rule: string): InvalidField => ({ field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${rule}` });

/** Kinds whose names stand in DNS or in labels as one part. */
const labelNamed = new Set(['Namespace', 'Service']);
/** RBAC names are only path segments. */
const freelyNamed = new Set(['Role', 'RoleBinding']);

/** 422 for metadata that no API server would store. */
export function validateMetadata(kind: ApiKind, object: KubeObject): void {
  const { name, labels = {}, ownerReferences = [] }: Partial<KubeObject['metadata']> = object.metadata;
  const problems: InvalidField[] = [];
  if (name === undefined || name === '') problems.push({ field: 'metadata.name', reason: 'FieldValueRequired', message: 'Required value: name or generateName is required' });
  else if (labelNamed.has(kind.kind)) {
    if (!label.test(name) || name.length > 63) problems.push(bad('metadata.name', name, labelRule));
  } else if (!freelyNamed.has(kind.kind) && (!subdomain.test(name) || name.length > 253)) problems.push(bad('metadata.name', name, subdomainRule));
  for (const value of Object.values(labels)) {
    if (typeof value !== 'string' || !labelValue.test(value)) problems.push(bad('metadata.labels', value, labelValueRule));
    else if (value.length > 63) problems.push(bad('metadata.labels', value, 'must be no more than 63 bytes'));
  }
  ownerReferences.forEach((owner, index) => {
    if (!owner.uid) problems.push({ field: `metadata.ownerReferences[${index}].uid`, reason: 'FieldValueInvalid', message: 'Invalid value: "": must not be empty' });
  });
  if (problems.length > 0) throw invalid(kind, name ?? '', problems);
}
