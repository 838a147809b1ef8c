import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonObject, isObject } from '../../shared/resources/admission/json.ts';
import { allCrds } from '../../shared/resources/crd.ts';
import type { ApiServer } from './api-server.ts';
import type { Answer, Apply } from './suite.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const inDefault = '/apis/meridiancache.io/v1alpha1/namespaces/default';
const pathOf = (manifest: JsonObject): string => `${inDefault}/${manifest.kind === 'CacheNamespace' ? 'cachenamespaces' : 'cacheclusters'}`;

/** Installs the CRDs and waits until their kinds are served. */
export async function installCrds(server: ApiServer): Promise<readonly JsonObject[]> {
  const created: JsonObject[] = [];
  for (const crd of allCrds()) created.push(await server.call('POST', definitions, crd));
  await untilServed(server, `${inDefault}/cacheclusters`, 'CacheClusterList');
  await untilServed(server, `${inDefault}/cachenamespaces`, 'CacheNamespaceList');
  await untilServed(server, '/api/v1/namespaces/default', 'Namespace');
  return created;
}

async function untilServed(server: ApiServer, path: string, kind: string): Promise<void> {
  while ((await server.call('GET', path)).kind !== kind) await sleep(50);
}

/** Admission as the real API server does it. Creations are dry runs; an update needs its object for a moment. */
export const applyTo =
  (server: ApiServer): Apply =>
  async ({ manifest, before, strict }) => {
    const path = pathOf(manifest);
    const query = `fieldValidation=${strict ? 'Strict' : 'Warn'}`;
    if (before === undefined) return answerOf(await server.call('POST', `${path}?dryRun=All&${query}`, manifest));
    const { metadata } = await server.call('POST', path, before);
    const { name, resourceVersion } = metadata as { readonly name: string; readonly resourceVersion: string };
    const update = { ...manifest, metadata: { ...(manifest.metadata as JsonObject), resourceVersion } };
    const answer = await server.call('PUT', `${path}/${name}?dryRun=All&${query}`, update);
    await server.call('DELETE', `${path}/${name}`);
    return answerOf(answer);
  };

function answerOf(body: JsonObject): Answer {
  if (body.kind !== 'Status') return { stored: body };
  const causes = isObject(body.details) && Array.isArray(body.details.causes) ? (body.details.causes as { readonly field: string; readonly message: string }[]) : [];
  if (causes.length > 0) return { refused: causes.map(({ field, message }) => `${field}: ${message}`) };
  return { refused: String(body.message).replace(/^.*strict decoding error: /, '').split(/, (?=unknown field)/) };
}
