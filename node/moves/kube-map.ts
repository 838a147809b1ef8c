import type { KubeRequester } from '../../shared/io/kube-request.ts';
import type { OwnershipMap, Targets } from '../../shared/kube/documents.ts';
import { ownershipKey, slotsConfigMap, targetsConfigMap, targetsKey } from '../../shared/kube/names.ts';
import { parseTargets } from '../replication/moves/map-change.ts';
import { parseOwnershipText } from '../topology/ownership.ts';

interface ConfigMap {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly data?: Readonly<Record<string, string>>;
}

export interface MapSight {
  readonly map: OwnershipMap;
  readonly resourceVersion: string;
}

export type MapWritten = { readonly outcome: 'ok'; readonly map: OwnershipMap } | { readonly outcome: 'conflict' | 'unknown' };

/** The two objects that moves are about: the ownership map, changed by compare-and-swap, and the operator's targets, read only. */
export interface KubeMap {
  /** Quorum read. Rejects with what is wrong. */
  read(): Promise<MapSight>;
  write(map: OwnershipMap, resourceVersion: string): Promise<MapWritten>;
  /** Undefined: there are none. Rejects when nobody can say, or they make no sense. */
  readTargets(): Promise<Targets | undefined>;
}

export function kubeMap(kube: KubeRequester, place: { readonly namespace: string; readonly cluster: string; readonly region: string }): KubeMap {
  const pathOf = (name: string): string => `/api/v1/namespaces/${place.namespace}/configmaps/${name}`;
  const mapName = slotsConfigMap(place.cluster, place.region);
  const targetsName = targetsConfigMap(place.cluster, place.region);
  let last: ConfigMap | undefined;

  function sightOf(object: ConfigMap): MapSight {
    const text = object.data?.[ownershipKey];
    const map = text === undefined ? `has no ${ownershipKey}` : parseOwnershipText(text);
    if (typeof map === 'string') throw new Error(`ConfigMap ${mapName} ${map}`);
    last = object;
    return { map, resourceVersion: object.metadata?.resourceVersion ?? '' };
  }

  return {
    async read() {
      const { status, body } = await kube.send('GET', pathOf(mapName));
      if (status !== 200) throw new Error(`the API server answered ${status} for ConfigMap ${mapName}`);
      return sightOf(body as ConfigMap);
    },
    async write(map, resourceVersion) {
      if (last?.metadata?.resourceVersion !== resourceVersion) return { outcome: 'conflict' };
      try {
        const { status, body } = await kube.send('PUT', pathOf(mapName), { ...last, data: { ...last.data, [ownershipKey]: JSON.stringify(map) } });
        if (status === 409) return { outcome: 'conflict' };
        return status === 200 ? { outcome: 'ok', map: sightOf(body as ConfigMap).map } : { outcome: 'unknown' };
      } catch {
        return { outcome: 'unknown' };
      }
    },
    async readTargets() {
      const { status, body } = await kube.send('GET', pathOf(targetsName));
      if (status === 404) return undefined;
      const text = status === 200 ? (body as ConfigMap).data?.[targetsKey] : undefined;
      if (text === undefined) throw new Error(`the API server answered ${status} for ConfigMap ${targetsName}, with no ${targetsKey}`);
      const targets = parseTargets(JSON.parse(text));
      if (typeof targets === 'string') throw new Error(`ConfigMap ${targetsName} ${targets}`);
      return targets;
    },
  };
}
