import { noSuchResource } from '../api/errors.ts';
import type { ApiKind } from '../kinds/api-kind.ts';
import type { Catalogue } from '../kinds/catalogue.ts';

/** What a path of the resource part of the API means. */
export interface ResourceRoute {
  readonly kind: ApiKind;
  /** Events asked for under /api/v1: the older shape of the same objects. */
  readonly coreEvents: boolean;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** `/api/v1/…` or `/apis/GROUP/VERSION/…`; undefined for other paths, 404 for a resource that is not served. */
export function parseRoute(catalogue: Catalogue, path: string): ResourceRoute | undefined {
  const parts = path.split('/').filter((part) => part !== '').map(decode);
  const start = parts[0] === 'api' ? { group: '', version: parts[1], rest: parts.slice(2) } : parts[0] === 'apis' ? { group: parts[1], version: parts[2], rest: parts.slice(3) } : undefined;
  if (!start || start.rest.length === 0) return undefined;
  const { group, version, rest } = start;
  const inNamespace = rest[0] === 'namespaces' && rest.length >= 3 && (group !== '' || !['status', 'finalize'].includes(rest[2]));
  const [plural, name, subresource, ...more] = inNamespace ? rest.slice(2) : rest;
  const coreEvents = group === '' && plural === 'events';
  const kind = coreEvents ? catalogue.lookUp('events.k8s.io', 'events') : catalogue.lookUp(group, plural);
  if (!kind || (!coreEvents && kind.version !== version) || more.length > 0 || (inNamespace && !kind.namespaced)) throw noSuchResource();
  return { kind, coreEvents, ...(inNamespace ? { namespace: rest[1] } : {}), ...(name === undefined ? {} : { name }), ...(subresource === undefined ? {} : { subresource }) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw noSuchResource();
  }
}
