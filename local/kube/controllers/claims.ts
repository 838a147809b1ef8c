import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import type { Api } from '../api/api.ts';
import { type Controller, createKeyQueue } from './queue.ts';

const protection = 'kubernetes.io/pvc-protection';

/** Binds every claim at once (a folder stands for the volume) and keeps a claim as long as a pod mounts it. */
export function startClaimController(api: Api): Controller {
  const { store, ports } = api.context;
  const type = resourceTypes.persistentVolumeClaim;
  const queue = createKeyQueue(ports, (key) => {
    const [namespace, name] = key.split('/');
    const claim = api.find(type, namespace, name);
    if (!claim) return;
    if (claim.metadata.deletionTimestamp !== undefined) release(api, claim);
    else bind(api, claim);
  });
  const unsubscribe = store.subscribe(({ kind, type: change, object }) => {
    const { namespace, name } = object.metadata;
    if (kind.kind === 'PersistentVolumeClaim' && change !== 'DELETED') queue.add(`${namespace}/${name}`);
    if (kind.kind === 'Pod' && change === 'DELETED') for (const claim of claimsOf(object)) queue.add(`${namespace}/${claim}`);
  });
  return {
    stop() {
      unsubscribe();
      queue.stop();
    },
  };
}

function bind(api: Api, claim: KubeObject): void {
  const { namespace, name, uid } = claim.metadata;
  const requests = (claim.spec?.resources as { requests?: { storage?: string } } | undefined)?.requests;
  const status = { phase: 'Bound', accessModes: claim.spec?.accessModes ?? ['ReadWriteOnce'], capacity: { storage: requests?.storage ?? '1Gi' } };
  const manager = 'kube-controller-manager';
  if (claim.spec?.volumeName === undefined) {
    api.patch(resourceTypes.persistentVolumeClaim, namespace, name, { type: 'merge', patch: { spec: { volumeName: `pvc-${uid}` } } }, { manager });
  }
  api.patch(resourceTypes.persistentVolumeClaim, namespace, name, { type: 'merge', patch: { status } }, { subresource: 'status', manager });
}

function release(api: Api, claim: KubeObject): void {
  const { namespace, name, finalizers = [] } = claim.metadata;
  if (!finalizers.includes(protection)) return;
  const mounted = api.list(resourceTypes.pod, { namespace }).items.some((pod) => claimsOf(pod).includes(name));
  if (mounted) return;
  const left = finalizers.filter((finalizer) => finalizer !== protection);
  api.patch(resourceTypes.persistentVolumeClaim, namespace, name, { type: 'merge', patch: { metadata: { finalizers: left.length > 0 ? left : null } } }, { manager: 'kube-controller-manager' });
}

function claimsOf(pod: KubeObject): readonly string[] {
  const volumes = (pod.spec?.volumes ?? []) as readonly { persistentVolumeClaim?: { claimName: string } }[];
  return volumes.flatMap(({ persistentVolumeClaim }) => (persistentVolumeClaim ? [persistentVolumeClaim.claimName] : []));
}
