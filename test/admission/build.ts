import type { JsonObject } from '../../shared/resources/admission/json.ts';

/** A manifest that is admitted, with these fields of the spec in place of, or beside, its own. */
export const cluster = (spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: 'meridiancache.io/v1alpha1',
  kind: 'CacheCluster',
  metadata: { name: 'cart', namespace: 'default', ...metadata },
  spec: { memory: '64Mi', regions: [{ name: 'us-east-1' }], ...spec },
});

/** The same for a CacheNamespace. */
export const namespaceOf = (spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: 'meridiancache.io/v1alpha1',
  kind: 'CacheNamespace',
  metadata: { name: 'items', namespace: 'default', ...metadata },
  spec: { clusterRef: { name: 'cart' }, ...spec },
});

export const without = (object: JsonObject, field: string): JsonObject => Object.fromEntries(Object.entries(object).filter(([name]) => name !== field));

export const regions = (...names: readonly string[]): readonly JsonObject[] => names.map((name) => ({ name }));
