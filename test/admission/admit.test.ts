import { describe, expect, test } from 'vitest';
import { type Admitted, type Refused, admit } from '../../shared/resources/admission.ts';
import type { JsonObject } from '../../shared/resources/admission/json.ts';
import { cluster } from './build.ts';

const stored = (spec: JsonObject = {}): JsonObject => (admit(cluster(spec)) as Admitted).object;
const sentences = (admission: ReturnType<typeof admit>): readonly string[] => (admission.admitted ? ['admitted'] : admission.errors.map(({ sentence }) => sentence));
const withStatus = (status: unknown, spec: JsonObject = {}): JsonObject => ({ ...cluster(spec), status });
const ready = { type: 'Ready', status: 'True', lastTransitionTime: '2026-11-21T06:00:00Z', reason: 'AllReady', message: '' };

test('the answer has the shape of a Status: code, reason, and a message that names kind and object', () => {
  expect(admit(cluster({ shards: 0 }))).toMatchObject({ code: 422, reason: 'Invalid', message: 'CacheCluster.meridiancache.io "cart" is invalid: spec.shards: Invalid value: 0: spec.shards in body should be greater than or equal to 1' } satisfies Partial<Refused>);
  expect(admit(cluster({ a: 1, b: 2 }), undefined, { fieldValidation: 'Strict' })).toMatchObject({
    code: 400,
    reason: 'BadRequest',
    message: 'CacheCluster in version "v1alpha1" cannot be handled as a CacheCluster: strict decoding error: unknown field "spec.a", unknown field "spec.b"',
  });
});

test('unknown fields are dropped, with a warning or silently', () => {
  const sent = cluster({ a: 1 });
  expect(admit(sent)).toMatchObject({ admitted: true, warnings: ['unknown field "spec.a"'] });
  expect(admit(sent, undefined, { fieldValidation: 'Ignore' })).toEqual({ admitted: true, warnings: [], object: stored() });
});

test('what was sent is left as it is', () => {
  const sent = cluster({ rollout: null, a: 1 });
  const copy = structuredClone(sent);
  admit(sent);
  expect(sent).toEqual(copy);
});

describe('status', () => {
  test('an ordinary write neither sets nor removes it', () => {
    expect((admit(withStatus({ phase: 'Ready' })) as Admitted).object.status).toBeUndefined();
    const old = { ...stored(), status: { phase: 'Ready' } };
    expect((admit(cluster({ shards: 2 }), old) as Admitted).object.status).toEqual({ phase: 'Ready' });
  });

  test('a write of the status changes nothing else', () => {
    const admission = admit(withStatus({ phase: 'Ready', conditions: [ready] }, { shards: 9 }), stored({ shards: 3 }), { subresource: 'status' });
    expect((admission as Admitted).object).toMatchObject({ spec: { shards: 3 }, status: { phase: 'Ready', conditions: [ready] } });
  });

  test.each([
    [{ phase: 5 }, 'status.phase: Invalid value: "integer": phase in body must be of type string: "integer"'],
    [{ shards: -1 }, '.status.shards: Invalid value: -1: should be a non-negative integer'],
    [{ conditions: [ready, ready] }, 'status.conditions[1]: Duplicate value: {"type":"Ready"}'],
    [{ conditions: [{ ...ready, status: 'Maybe' }] }, 'status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"'],
    [
      { conditions: [{ ...ready, lastTransitionTime: 'yesterday' }] },
      'status.conditions[0].lastTransitionTime: Invalid value: "yesterday": conditions[0].lastTransitionTime in body must be of type date-time: "yesterday"',
    ],
  ])('%j is refused', (status, sentence) => {
    expect(sentences(admit(withStatus(status), stored(), { subresource: 'status' }))).toContain(sentence);
  });
});

describe('metadata', () => {
  test.each<[JsonObject, string]>([
    [{ name: '' }, 'metadata.name: Required value: name or generateName is required'],
    [{ name: 5 }, 'json: cannot unmarshal number into Go struct field ObjectMeta.name of type string'],
    [{ labels: { a: true } }, 'json: cannot unmarshal bool into Go struct field ObjectMeta.labels of type string'],
    [{ labels: { a: 'x'.repeat(64) } }, `metadata.labels: Invalid value: "${'x'.repeat(64)}": must be no more than 63 bytes`],
    [{ labelz: {} }, 'unknown field "metadata.labelz"'],
  ])('%j is refused', (metadata, sentence) => {
    expect(sentences(admit(cluster({}, metadata), undefined, { fieldValidation: 'Strict' }))).toContain(sentence);
  });

  test('a generated name is not known yet', () => {
    expect(sentences(admit(cluster({}, { name: undefined, generateName: 'cart-' })))).toEqual(['admitted']);
  });
});

test('what was stored under older rules stays writable, as long as the field itself is not touched', () => {
  const old = { ...stored(), spec: { ...(stored().spec as JsonObject), shards: 5000, memory: '1Mi' } };
  expect(sentences(admit(cluster({ shards: 5000, memory: '1Mi', replicas: 1 }), old))).toEqual(['admitted']);
  expect(sentences(admit(cluster({ shards: 5001, memory: '1Mi' }), old))).toEqual(['spec.shards: Invalid value: 5001: spec.shards in body should be less than or equal to 1000']);
});

test('another kind is refused with the kinds that there are', () => {
  expect(sentences(admit({ apiVersion: 'v1', kind: 'Pod' }))[0]).toContain('CacheCluster (meridiancache.io/v1alpha1)');
});
