import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type JsonObject, isObject, sortedFields } from '../../shared/resources/admission/json.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { applyLocally } from './apply-locally.ts';
import { applyTo, installCrds } from './apply-to-server.ts';
import { cluster } from './build.ts';
import { fullCluster, fullNamespace, mutated } from './mutations.ts';
import { type Answer, type Request, admissionSuite } from './suite.ts';

let server: ApiServer;
let installed: readonly JsonObject[];

beforeAll(async () => {
  server = await startApiServer();
  installed = await installCrds(server);
}, 600_000);

afterAll(() => server?.stop());

admissionSuite('the real API server', (request) => applyTo(server)(request));

/** The same manifests in every run; another seed and a larger number search further. */
const sample = (numRuns: number): { readonly numRuns: number; readonly seed: number } => ({ numRuns, seed: 1 });

describe('any manifest gets the same answer from both', () => {
  const comparable = (answer: Answer): unknown => ('stored' in answer ? sortedFields(answer.stored.spec) : answer.refused.toSorted());
  const alike = async (request: Request): Promise<void> => {
    expect(comparable(await applyLocally(request))).toEqual(comparable(await applyTo(server)(request)));
  };

  describe.each([
    ['CacheCluster', fullCluster],
    ['CacheNamespace', fullNamespace],
  ])('%s', (_kind, full) => {
    test('when it is created', async () => {
      await fc.assert(fc.asyncProperty(mutated(full), fc.boolean(), (manifest, strict) => alike({ manifest, strict })), sample(300));
    });

    test('when it changes what is stored', async () => {
      await fc.assert(fc.asyncProperty(mutated(full), fc.boolean(), (manifest, strict) => alike({ manifest, before: full, strict })), sample(100));
    });
  });
});

describe('the CRDs', () => {
  test('are structural and within the cost limit of their rules', async () => {
    for (const crd of installed) {
      expect(crd.kind, String(crd.message)).toBe('CustomResourceDefinition');
      const { name } = crd.metadata as { readonly name: string };
      const { status } = await server.call('GET', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`);
      const conditions = isObject(status) ? (status.conditions as { readonly type: string; readonly status: string }[]) : [];
      expect(conditions.find(({ type }) => type === 'Established')?.status).toBe('True');
      expect(conditions.map(({ type }) => type)).not.toContain('NonStructuralSchema');
    }
  });

  test('are found by short name and category', async () => {
    const { resources } = await server.call('GET', '/apis/meridiancache.io/v1alpha1');
    const named = (plural: string): unknown => (resources as { readonly name: string }[]).find(({ name }) => name === plural);
    expect(named('cacheclusters')).toMatchObject({ shortNames: ['cc'], categories: ['meridian'] });
    expect(named('cachenamespaces')).toMatchObject({ shortNames: ['cns'], categories: ['meridian'] });
  });

  test('scale by the scale subresource, which shows shards and selector of the status', async () => {
    const clusters = '/apis/meridiancache.io/v1alpha1/namespaces/default/cacheclusters';
    await server.call('POST', clusters, cluster({ shards: 2 }, { name: 'scaled' }));
    const created = await server.call('GET', `${clusters}/scaled`);
    await server.call('PUT', `${clusters}/scaled/status`, { ...created, status: { shards: 2, selector: 'a=b' } });
    const scale = await server.call('GET', `${clusters}/scaled/scale`);
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { replicas: 2, selector: 'a=b' } });
    await server.call('PUT', `${clusters}/scaled/scale`, { ...scale, spec: { replicas: 4 } });
    expect(await server.call('GET', `${clusters}/scaled`)).toMatchObject({ spec: { shards: 4 } });
  });
});
