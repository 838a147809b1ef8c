import { existsSync } from 'node:fs';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startControlPlane } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';

let planes: readonly [ControlPlane, ControlPlane];
beforeAll(async () => {
  planes = await Promise.all([startControlPlane({ controllerManager: true }), startControlPlane()]);
}, 900_000);
afterAll(() => Promise.all(planes.map((plane) => plane.stop())));

async function call(plane: ControlPlane, path: string, headers: Record<string, string>, method = 'GET', body?: object): Promise<{ readonly status: number; readonly json: { readonly metadata?: { readonly uid?: string } } }> {
  const dispatcher = new Agent({ connect: { ca: plane.ca } });
  const response = await fetch(`${plane.url}${path}`, { dispatcher, method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const json = (await response.json()) as { metadata?: { uid?: string } };
  await dispatcher.close();
  return { status: response.status, json };
}

test('two control planes run side by side, and neither sees the other', async () => {
  const [one, two] = planes;
  const admin = { authorization: `Bearer ${one.adminToken}` };
  expect((await call(one, '/api/v1/namespaces', admin, 'POST', { metadata: { name: 'only-here' } })).status).toBe(201);
  expect((await call(one, '/api/v1/namespaces/only-here', admin)).status).toBe(200);
  expect((await call(two, '/api/v1/namespaces/only-here', admin)).status).toBe(404);
  expect(one.run.path).not.toBe(two.run.path);
});

test('nobody without an identity reads objects', async () => {
  expect((await call(planes[1], '/api/v1/namespaces', {})).status).toBe(403);
});

test('an API server that was stopped comes back with what it held', async () => {
  const plane = planes[1];
  const admin = { authorization: `Bearer ${plane.adminToken}` };
  await call(plane, '/api/v1/namespaces', admin, 'POST', { metadata: { name: 'kept' } });
  await plane.stopApiServer();
  await expect(call(plane, '/version', admin)).rejects.toThrow();
  await plane.startApiServer();
  expect((await call(plane, '/api/v1/namespaces/kept', admin)).status).toBe(200);
});

test('the controller manager deletes what belongs to a deleted owner', async () => {
  const plane = planes[0];
  const admin = { authorization: `Bearer ${plane.adminToken}` };
  const maps = '/api/v1/namespaces/default/configmaps';
  const owner = (await call(plane, maps, admin, 'POST', { metadata: { name: 'owner' } })).json;
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata?.uid }];
  await call(plane, maps, admin, 'POST', { metadata: { name: 'owned', ownerReferences } });
  await call(plane, `${maps}/owner`, admin, 'DELETE');
  await expect.poll(async () => (await call(plane, `${maps}/owned`, admin)).status, { timeout: 25_000 }).toBe(404);
});

test('stopping leaves neither processes nor files', async () => {
  const plane = await startControlPlane();
  const pid = plane.apiServer.pid;
  await plane.stop();
  expect(existsSync(plane.run.path)).toBe(false);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
});
