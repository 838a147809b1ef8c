import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import type { Api } from '../api/api.ts';
import { type ClaimTemplate, claimName, claimTemplatesOf, podNameOf, setSpecOf } from './set-pods.ts';

type Owner = NonNullable<KubeObject['metadata']['ownerReferences']>[number];

/** Claims of every pod that is wanted; owners of claims as persistentVolumeClaimRetentionPolicy says. */
export function keepClaims(api: Api, set: KubeObject): void {
  const { replicas, start } = setSpecOf(set);
  for (const template of claimTemplatesOf(set)) {
    for (let ordinal = start; ordinal < start + replicas; ordinal += 1) makeClaim(api, set, template, podNameOf(set, ordinal));
  }
  const templates = claimTemplatesOf(set);
  if (templates.length === 0) return;
  for (const claim of api.list(resourceTypes.persistentVolumeClaim, { namespace: set.metadata.namespace }).items) {
    const ordinal = ordinalOfClaim(set, templates, claim);
    if (ordinal !== undefined) setOwners(api, set, claim, ordinal);
  }
}

function makeClaim(api: Api, set: KubeObject, template: ClaimTemplate, pod: string): void {
  const name = claimName(template, pod);
  if (api.find(resourceTypes.persistentVolumeClaim, set.metadata.namespace, name)) return;
  const { matchLabels } = (set.spec?.selector ?? {}) as { matchLabels?: Record<string, string> };
  const metadata = { ...template.metadata, name, namespace: set.metadata.namespace, labels: { ...template.metadata.labels, ...matchLabels } };
  const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec: structuredClone(template.spec) } as KubeObject;
  api.create(resourceTypes.persistentVolumeClaim, claim, { manager: 'kube-controller-manager' });
}

function ordinalOfClaim(set: KubeObject, templates: readonly ClaimTemplate[], { metadata }: KubeObject): number | undefined {
  for (const template of templates) {
    const prefix = `${template.metadata.name}-${set.metadata.name}-`;
    const rest = metadata.name.slice(prefix.length);
    if (metadata.name.startsWith(prefix) && /^\d+$/.test(rest)) return Number(rest);
  }
  return undefined;
}

function setOwners(api: Api, set: KubeObject, claim: KubeObject, ordinal: number): void {
  const { whenDeleted, whenScaled } = (set.spec?.persistentVolumeClaimRetentionPolicy ?? {}) as { whenDeleted?: string; whenScaled?: string };
  const { replicas, start } = setSpecOf(set);
  const condemned = ordinal >= start + replicas || ordinal < start;
  const pod = api.find(resourceTypes.pod, set.metadata.namespace, podNameOf(set, ordinal));
  const wanted: Owner[] = [];
  if (whenDeleted === 'Delete' && !(condemned && whenScaled === 'Delete')) wanted.push({ apiVersion: 'apps/v1', kind: 'StatefulSet', name: set.metadata.name, uid: set.metadata.uid ?? '', controller: true });
  if (whenScaled === 'Delete' && condemned && pod) wanted.push({ apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid ?? '' });
  const owners = claim.metadata.ownerReferences ?? [];
  const isOurs = (owner: Owner): boolean => owner.uid === set.metadata.uid || (owner.kind === 'Pod' && owner.name === podNameOf(set, ordinal));
  // The pod that a condemned claim waited for is gone: the claim goes with it by garbage collection.
  if (condemned && whenScaled === 'Delete' && !pod) return;
  const next = [...owners.filter((owner) => !isOurs(owner)), ...wanted];
  const same = next.length === owners.length && next.every((owner) => owners.some((old) => old.uid === owner.uid));
  if (same) return;
  const { namespace, name } = claim.metadata;
  api.patch(resourceTypes.persistentVolumeClaim, namespace, name, { type: 'merge', patch: { metadata: { ownerReferences: next.length > 0 ? next : null } } }, { manager: 'kube-controller-manager' });
}
