import { KubeError, type ResourceType } from '../../../operator/kube/port.ts';
import { groupKind, groupResource } from '../kinds/api-kind.ts';

/** The API server's own sentences; people and clients know them. */
export const notFound = (kind: ResourceType, name: string): KubeError => new KubeError(404, 'NotFound', `${groupResource(kind)} "${name}" not found`);

export const noSuchResource = (): KubeError => new KubeError(404, 'NotFound', 'the server could not find the requested resource');

export const alreadyExists = (kind: ResourceType, name: string): KubeError => new KubeError(409, 'AlreadyExists', `${groupResource(kind)} "${name}" already exists`);

export const conflict = (resource: string, name: string, why: string): KubeError => new KubeError(409, 'Conflict', `Operation cannot be fulfilled on ${resource} "${name}": ${why}`);

export const modified = (kind: ResourceType, name: string): KubeError =>
  conflict(groupResource(kind), name, 'the object has been modified; please apply your changes to the latest version and try again');

export const uidChanged = (kind: ResourceType, name: string, wanted: string, found: string): KubeError =>
  conflict(groupResource(kind), name, `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${found}`);

export const badRequest = (message: string): KubeError => new KubeError(400, 'BadRequest', message);

export interface InvalidField {
  readonly field: string;
  /** FieldValueRequired, FieldValueInvalid, FieldValueForbidden … */
  readonly reason: string;
  /** As it stands in the sentence: `Required value: name or generateName is required`. */
  readonly message: string;
}

export function invalid(kind: ResourceType, name: string, fields: readonly InvalidField[]): KubeError {
  const sentences = fields.map(({ field, message }) => `${field}: ${message}`);
  const detail = sentences.length === 1 ? sentences[0] : `[${sentences.join(', ')}]`;
  return new KubeError(422, 'Invalid', `${groupKind(kind)} "${name}" is invalid: ${detail}`, { causes: fields });
}

export const expired = (wanted: number, oldest: number): KubeError => new KubeError(410, 'Expired', `too old resource version: ${wanted} (${oldest})`);
