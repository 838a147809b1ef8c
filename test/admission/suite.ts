import { describe, expect, test } from 'vitest';
import { type JsonObject, sortedFields } from '../../shared/resources/admission/json.ts';
import { badManifests } from './bad-manifests.ts';
import { badNamespaces } from './bad-namespaces.ts';
import { goodManifests } from './good-manifests.ts';
import { goodNamespaces } from './good-namespaces.ts';

export type Answer = { readonly stored: JsonObject } | { readonly refused: readonly string[] };

export interface Request {
  readonly manifest: JsonObject;
  /** Stored before; the manifest is then an update of it. */
  readonly before?: JsonObject;
  /** Refuses fields that the schema does not know, as kubectl asks for. */
  readonly strict: boolean;
}

/** Sends a manifest to an API server and leaves nothing behind. */
export type Apply = (request: Request) => Promise<Answer>;

/** Every implementation of admission answers alike. */
export function admissionSuite(name: string, apply: Apply): void {
  describe(`${name} refuses`, () => {
    test.each([...badManifests, ...badNamespaces])('$name', async ({ manifest, before, refused }) => {
      const answer = await apply({ manifest, before, strict: true });
      expect('refused' in answer ? answer.refused.toSorted() : answer.stored).toEqual(refused.toSorted());
    });
  });
  describe(`${name} keeps`, () => {
    test.each([...goodManifests, ...goodNamespaces])('$name', async ({ manifest, before, lenient, stored }) => {
      const answer = await apply({ manifest, before, strict: lenient !== true });
      const { spec, status } = 'stored' in answer ? answer.stored : { spec: answer.refused, status: undefined };
      expect(JSON.stringify(spec)).toBe(JSON.stringify(sortedFields(stored)));
      expect(status).toBeUndefined();
    });
  });
}
