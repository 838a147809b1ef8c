import { admit } from '../../shared/resources/admission.ts';
import type { JsonObject } from '../../shared/resources/admission/json.ts';
import type { Apply } from './suite.ts';

/** Admission as local mode does it. */
export const applyLocally: Apply = ({ manifest, before, strict }) => {
  const old = before === undefined ? undefined : storedBefore(before);
  const admission = admit(manifest, old, { fieldValidation: strict ? 'Strict' : 'Warn' });
  return Promise.resolve(admission.admitted ? { stored: admission.object } : { refused: admission.errors.map(({ sentence }) => sentence) });
};

function storedBefore(manifest: JsonObject): JsonObject {
  const admission = admit(manifest, undefined, { fieldValidation: 'Strict' });
  if (!admission.admitted) throw new Error(admission.message);
  return admission.object;
}
