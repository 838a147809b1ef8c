import { noSuchResource } from '../api/errors.ts';
import type { Front } from './front.ts';
import { aggregated, apiGroup, apiGroups, apiVersions, groupVersions, resourceList } from './discovery.ts';
import { type Exchange, sendJson } from './exchange.ts';
import { openApiDocument, openApiIndex } from './open-api.ts';

/** What kubectl checks its own version against. */
const version = { major: '1', minor: '36', gitVersion: 'v1.36.3+meridian-local', gitCommit: '', gitTreeState: 'clean', buildDate: '1970-01-01T00:00:00Z', goVersion: '', compiler: '', platform: 'local/process' };

/** Paths that are not resources: version, health, discovery, schemas. False when the path is none of them. */
export function handleFixedPath(kube: Front, exchange: Exchange): boolean {
  const { kinds } = kube.api.context.catalogue;
  const path = exchange.path.replace(/\/+$/, '');
  if (path === '/version') return send(exchange, version);
  if (path === '/healthz' || path === '/readyz' || path === '/livez') {
    exchange.responder.send(200, { 'content-type': 'text/plain; charset=utf-8' }, 'ok');
    return true;
  }
  if (path === '/api' || path === '/apis') return sendDiscovery(kube, exchange, path === '/api');
  if (path === '/openapi/v3') return send(exchange, openApiIndex(kinds));
  if (path.startsWith('/openapi/v3/')) {
    const document = openApiDocument(kinds, path.slice('/openapi/v3/'.length));
    if (!document) throw noSuchResource();
    return send(exchange, document);
  }
  if (path === '/openapi/v2') throw noSuchResource();
  return sendGroup(kube, exchange, path);
}

function sendDiscovery(kube: Front, exchange: Exchange, core: boolean): boolean {
  const { kinds } = kube.api.context.catalogue;
  const wanted = /g=apidiscovery\.k8s\.io;\s*v=(v2|v2beta1);\s*as=APIGroupDiscoveryList/.exec(exchange.accept);
  if (!wanted) return send(exchange, core ? apiVersions() : apiGroups(kinds));
  sendJson(exchange, 200, aggregated(kinds, core, wanted[1]), `application/json;g=apidiscovery.k8s.io;v=${wanted[1]};as=APIGroupDiscoveryList`);
  return true;
}

function sendGroup(kube: Front, exchange: Exchange, path: string): boolean {
  const { kinds } = kube.api.context.catalogue;
  const [, root, ...rest] = path.split('/');
  const found = groupVersions(kinds).find(({ group, version: served }) => (root === 'api' && group === '' && rest[0] === served && rest.length === 1) || (root === 'apis' && group !== '' && rest[0] === group && (rest.length === 1 || (rest.length === 2 && rest[1] === served))));
  if (!found) return false;
  return send(exchange, root === 'apis' && rest.length === 1 ? { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(found) } : resourceList(found, kinds));
}

function send(exchange: Exchange, value: unknown): boolean {
  sendJson(exchange, 200, value);
  return true;
}
