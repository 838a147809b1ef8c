import { authSecret, clusterFinalizer } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { ownedBy } from '../resources/metadata.ts';
import { keepMetadata } from './keep-metadata.ts';
import { classify, regionOf, shardOf, specOf, type Observed } from './observed.ts';
import { act, nothing, together, wait, type StepInput, type StepResult } from './step.ts';

/** Whatever is not in order by then: a namespace that goes with its clusters waits for none of them any longer. */
const longestMs = 60_000;

export const isHeld = ({ metadata }: KubeObject): boolean => metadata.finalizers?.includes(clusterFinalizer) === true;

/** Step: nothing of a cluster may exist that could vanish before its last spec was read. */
export const hold = ({ cluster }: Observed): StepResult => (isHeld(cluster) ? nothing : act({ kind: 'hold', object: cluster }));

/** A cluster on its way out: what its last spec keeps loses its owners, what it does not keep gets them; then it may go. */
export function leave(input: StepInput): StepResult {
  const { observed } = input;
  const { deletionTimestamp = '' } = observed.cluster.metadata;
  const open = together([owners(input), claims(input)]);
  if (open.actions.length + open.waits.length + observed.unseenWrites === 0) return act({ kind: 'release', object: observed.cluster });
  if (observed.nowMs - Date.parse(deletionTimestamp) < longestMs) return open;
  const note = `it took longer than ${longestMs / 1000} s to settle what spec.deletionPolicy keeps; what still had an owner goes with the cluster`;
  return act({ kind: 'release', object: observed.cluster, note });
}

const oursOf = ({ observed, intent }: StepInput, kind: string): readonly KubeObject[] =>
  [...observed.objects.values()].filter((object) => object.kind === kind && classify(object, intent).kind === 'ours');

function owners(input: StepInput): StepResult {
  const { intent } = input;
  const owner = intent.retainData ? undefined : ownedBy(intent);
  const leases = oursOf(input, 'Lease').map((object) => [resourceTypes.lease, object] as const);
  const maps = oursOf(input, 'ConfigMap').filter(({ metadata }) => metadata.name.endsWith('-slots')).map((object) => [resourceTypes.configMap, object] as const);
  const users = oursOf(input, 'Secret').filter(({ metadata }) => metadata.name === authSecret(intent.name)).map((object) => [resourceTypes.secret, object] as const);
  return together([...leases, ...maps, ...users].map(([type, object]) => keepMetadata(input, type, object, { region: regionOf(object), shard: shardOf(object) }, owner)));
}

/** The sets first: their controller gives claims the owners that the set's policy asks for, though not those of pods that are away. */
function claims(input: StepInput): StepResult {
  const { intent } = input;
  const whenDeleted = intent.retainData ? 'Retain' : 'Delete';
  const sets = oursOf(input, 'StatefulSet').filter((set) => specOf(set).volumeClaimTemplates !== undefined);
  const wrong = sets.filter((set) => (specOf(set).persistentVolumeClaimRetentionPolicy as { readonly whenDeleted?: string } | undefined)?.whenDeleted !== whenDeleted);
  if (wrong.length > 0) return act(...wrong.map((object) => ({ kind: 'retain-claims', object, whenDeleted }) as const));
  const unread = sets.filter(({ metadata, status }) => Number(status?.observedGeneration ?? 0) < (metadata.generation ?? 0));
  if (unread.length > 0) return wait('Deleting', `${unread.length} StatefulSets have not taken in yet what becomes of their volumes`);
  const own = oursOf(input, 'PersistentVolumeClaim').filter(({ metadata }) => ((metadata.ownerReferences ?? []).length === 0) !== intent.retainData);
  return act(...own.map((object) => ({ kind: 'patch-metadata', type: resourceTypes.persistentVolumeClaim, object, metadata: { labels: object.metadata.labels, ownerReferences: intent.retainData ? undefined : ownedBy(intent) } }) as const));
}
