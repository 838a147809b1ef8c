import type { KubeObject, ResourceType } from '../kube/port.ts';

/** `namespace/name`, or `name` for what has no namespace: the key of stores, queues and expectations. */
export const objectKey = (namespace: string | undefined, name: string): string => (namespace ? `${namespace}/${name}` : name);

export const keyOf = (object: KubeObject): string => objectKey(object.metadata.namespace, object.metadata.name);

export function splitKey(key: string): { readonly namespace: string | undefined; readonly name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: undefined, name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** `plural.group`, as kubectl names types; the core group has no suffix. */
export const typeName = (type: ResourceType): string => (type.group === '' ? type.plural : `${type.plural}.${type.group}`);

/**
 * Order of two resource versions of one type: negative, zero, positive. Undefined when they are not decimal numbers
 * (then nothing but equality may be said of them).
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!decimal.test(a) || !decimal.test(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

const decimal = /^(0|[1-9]\d*)$/;
