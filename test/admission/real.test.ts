import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JsonObject, isObject } from '../../shared/resources/admission/json.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { applyTo, installCrds } from './apply-to-server.ts';
import { admissionSuite } from './suite.ts';

let server: ApiServer;
let installed: readonly JsonObject[];

beforeAll(async () => {
  server = await startApiServer();
  installed = await installCrds(server);
}, 600_000);

afterAll(() => server?.stop());

admissionSuite('the real API server', (request) => applyTo(server)(request));

test('the server takes the CRDs as structural and within the cost limit of their rules', async () => {
  for (const crd of installed) {
    expect(crd.kind, String(crd.message)).toBe('CustomResourceDefinition');
    const { name } = crd.metadata as { readonly name: string };
    const { status } = await server.call('GET', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`);
    const conditions = isObject(status) ? (status.conditions as { readonly type: string; readonly status: string }[]) : [];
    expect(conditions.find(({ type }) => type === 'Established')?.status).toBe('True');
    expect(conditions.map(({ type }) => type)).not.toContain('NonStructuralSchema');
  }
});
