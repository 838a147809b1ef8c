import { admit } from '../../shared/resources/admission.ts';
import type { JsonObject } from '../../shared/resources/admission/json.ts';
import { type Answer, admissionSuite } from './suite.ts';

function storedBefore(manifest: JsonObject): JsonObject {
  const admission = admit(manifest, undefined, { fieldValidation: 'Strict' });
  if (!admission.admitted) throw new Error(admission.message);
  return admission.object;
}

admissionSuite('local mode', ({ manifest, before, strict }): Promise<Answer> => {
  const old = before === undefined ? undefined : storedBefore(before);
  const admission = admit(manifest, old, { fieldValidation: strict ? 'Strict' : 'Warn' });
  return Promise.resolve(admission.admitted ? { stored: admission.object } : { refused: admission.errors.map(({ sentence }) => sentence) });
});
