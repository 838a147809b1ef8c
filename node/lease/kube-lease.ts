import type { KubeRequester } from '../../shared/io/kube-request.ts';
import { shardName } from '../../shared/kube/names.ts';
import { readLease, writeLease, type LeaseObject } from './document.ts';
import type { KubeLeasePort } from './port.ts';

export interface LeasePlace {
  readonly namespace: string;
  readonly cluster: string;
  readonly region: string;
  readonly shard: number;
}

/** The shard's Lease over the API server's own paths. A GET without resourceVersion is a quorum read (B3). */
export function kubeLease(kube: KubeRequester, place: LeasePlace): KubeLeasePort {
  const name = shardName(place.cluster, place.region, place.shard);
  const path = `/apis/coordination.k8s.io/v1/namespaces/${place.namespace}/leases/${name}`;
  let last: LeaseObject | undefined;

  const sightOf = (object: LeaseObject | undefined): ReturnType<typeof readLease> => {
    last = object;
    return readLease(object, `${name}-`);
  };
  return {
    async read() {
      const { status, body } = await kube.send('GET', path);
      if (status === 404) return sightOf(undefined);
      if (status !== 200) throw new Error(`the API server answered ${status} for Lease ${name}`);
      return sightOf(body as LeaseObject);
    },
    async write(config) {
      if (last === undefined) return { outcome: 'conflict' };
      try {
        const { status, body } = await kube.send('PUT', path, writeLease(last, config));
        if (status === 409) return { outcome: 'conflict' };
        const sight = status === 200 ? sightOf(body as LeaseObject) : undefined;
        return sight?.kind === 'config' ? { outcome: 'ok', config: sight.config } : { outcome: 'unknown' };
      } catch {
        return { outcome: 'unknown' };
      }
    },
  };
}
