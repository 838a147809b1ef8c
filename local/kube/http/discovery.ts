import { type ApiKind, apiVersionOf } from '../kinds/api-kind.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const partVerbs = ['get', 'patch', 'update'];

interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly kinds: readonly ApiKind[];
}

/** Served groups in a stable order, the core group first. */
export function groupVersions(kinds: readonly ApiKind[]): readonly GroupVersion[] {
  const groups = new Map<string, ApiKind[]>();
  for (const kind of kinds) {
    const key = apiVersionOf(kind);
    groups.set(key, [...(groups.get(key) ?? []), kind]);
  }
  return [...groups.values()].map((members) => ({ group: members[0].group, version: members[0].version, kinds: members })).toSorted((left, right) => (left.group < right.group ? -1 : 1));
}

/** The event kind is listed in the core group too: kubectl's describe and events ask there. */
function kindsOf({ group, version, kinds }: GroupVersion, all: readonly ApiKind[]): readonly ApiKind[] {
  const event = all.find(({ kind }) => kind === 'Event');
  return group === '' && event ? [...kinds, { ...event, group, version }] : kinds;
}

const partsOf = (kind: ApiKind): readonly { readonly name: string; readonly type: { group: string; version: string; kind: string }; readonly verbs: readonly string[] }[] => {
  const own = { group: kind.group, version: kind.version, kind: kind.kind };
  return [
    ...(kind.hasStatus ? [{ name: 'status', type: own, verbs: partVerbs }] : []),
    ...(kind.scale ? [{ name: 'scale', type: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: partVerbs }] : []),
    ...(kind.kind === 'Pod' ? [{ name: 'eviction', type: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] }, { name: 'log', type: own, verbs: ['get'] }] : []),
  ];
};

/** apidiscovery.k8s.io/v2: everything in one answer. `core`: the group without a name. */
export function aggregated(kinds: readonly ApiKind[], core: boolean, version: string): Record<string, unknown> {
  const items = groupVersions(kinds)
    .filter(({ group }) => (group === '') === core)
    .map((groupVersion) => ({
      metadata: { name: groupVersion.group, creationTimestamp: null },
      versions: [{ version: groupVersion.version, freshness: 'Current', resources: kindsOf(groupVersion, kinds).map(aggregatedResource) }],
    }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
}

function aggregatedResource(kind: ApiKind): Record<string, unknown> {
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs,
    ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
    subresources: partsOf(kind).map((part) => ({ subresource: part.name, responseKind: part.type, verbs: part.verbs })),
  };
}

export function apiVersions(): Record<string, unknown> {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
}

export function apiGroups(kinds: readonly ApiKind[]): Record<string, unknown> {
  const groups = groupVersions(kinds).filter(({ group }) => group !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(apiGroup) };
}

export function apiGroup({ group, version }: GroupVersion): Record<string, unknown> {
  const named = { groupVersion: `${group}/${version}`, version };
  return { name: group, versions: [named], preferredVersion: named };
}

/** `/api/v1`, `/apis/GROUP/VERSION`. */
export function resourceList(groupVersion: GroupVersion, all: readonly ApiKind[]): Record<string, unknown> {
  const resources = kindsOf(groupVersion, all).flatMap((kind) => [
    { name: kind.plural, singularName: kind.singular, namespaced: kind.namespaced, kind: kind.kind, verbs, shortNames: kind.shortNames, categories: kind.categories },
    ...partsOf(kind).map((part) => ({ name: `${kind.plural}/${part.name}`, singularName: '', namespaced: kind.namespaced, ...part.type, verbs: part.verbs })),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(groupVersion.kinds[0]), resources };
}
