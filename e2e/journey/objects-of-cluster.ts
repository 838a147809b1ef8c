import type { World } from '../world.ts';

export interface Left {
  readonly kind: string;
  readonly name: string;
  readonly region?: string;
  readonly uid: string;
}

const kinds = ['statefulsets', 'pods', 'services', 'endpointslices', 'configmaps', 'secrets', 'serviceaccounts', 'roles', 'rolebindings', 'networkpolicies', 'poddisruptionbudgets', 'leases', 'persistentvolumeclaims'].join(',');

/** Every object in the cluster's namespace that carries its label or the beginning of its name. */
export function objectsOf(world: World, cluster: string): readonly Left[] {
  return world.kubectl.list(kinds, 'default')
    .filter(({ metadata }) => metadata.labels?.['meridiancache.io/cluster'] === cluster || metadata.name.startsWith(`${cluster}-`) || metadata.name.startsWith(`data-${cluster}-`))
    .map((object) => ({ kind: object.kind, name: object.metadata.name, region: object.metadata.labels?.['meridiancache.io/region'], uid: object.metadata.uid }));
}

export const named = (objects: readonly Left[]): readonly string[] => objects.map(({ kind, name }) => `${kind}/${name}`).sort();
