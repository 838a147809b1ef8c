import { expect, test } from 'vitest';
import { admit } from '../../shared/resources/admission.ts';
import type { JsonObject } from '../../shared/resources/admission/json.ts';
import { badManifests } from './bad-manifests.ts';
import { goodManifests } from './good-manifests.ts';
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

test('no two manifests of the lists have the same name', () => {
  const names = [...badManifests, ...goodManifests].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
