import type { DeleteOptions, KubeObject } from '../../../operator/kube/port.ts';
import { type ApiKind, groupKind } from '../kinds/api-kind.ts';
import { type ApiContext, timestamp } from './context.ts';
import { conflict } from './errors.ts';

export interface Removal {
  /** As it is (or was last). */
  readonly object: KubeObject;
  readonly gone: boolean;
}

/** DELETE: at once, or by marking it and waiting for finalizers or, for pods, for the grace period. */
export function removeObject(context: ApiContext, kind: ApiKind, live: KubeObject, options: DeleteOptions = {}): Removal {
  checkPreconditions(kind, live, options);
  const graceSeconds = graceOf(kind, live, options);
  const finalizers = withPropagation(live, options.propagationPolicy);
  // A namespace goes when it is empty: its controller sees to that.
  const waits = graceSeconds > 0 || finalizers.length > 0 || kind.kind === 'Namespace';
  if (options.dryRun === true) return { object: live, gone: !waits };
  if (!waits) return { object: context.store.remove(kind, { ...live, metadata: { ...live.metadata, ...(kind.kind === 'Pod' ? { deletionGracePeriodSeconds: 0 } : {}) } }), gone: true };
  const marked = markedForDeletion(context, kind, live, graceSeconds, finalizers);
  return { object: marked === live ? live : context.store.put(kind, marked), gone: false };
}

function checkPreconditions(kind: ApiKind, { metadata }: KubeObject, { uid, resourceVersion }: DeleteOptions): void {
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(groupKind(kind), metadata.name, `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(groupKind(kind), metadata.name, `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`);
  }
}

/** Only pods die slowly; one that runs nowhere (yet, or any more) does not. */
function graceOf(kind: ApiKind, live: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (kind.kind !== 'Pod' || kind.group !== '') return 0;
  const phase = live.status?.phase;
  if (live.spec?.nodeName === undefined || live.spec.nodeName === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
  const own = typeof live.spec.terminationGracePeriodSeconds === 'number' ? live.spec.terminationGracePeriodSeconds : 30;
  return Math.max(0, gracePeriodSeconds ?? live.metadata.deletionGracePeriodSeconds ?? own);
}

function withPropagation({ metadata }: KubeObject, policy: DeleteOptions['propagationPolicy']): readonly string[] {
  const own = metadata.finalizers ?? [];
  if (policy === undefined) return own;
  const kept = own.filter((finalizer) => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion');
  if (policy === 'Orphan') return [...kept, 'orphan'];
  return policy === 'Foreground' ? [...kept, 'foregroundDeletion'] : kept;
}

function markedForDeletion({ ports }: ApiContext, kind: ApiKind, live: KubeObject, graceSeconds: number, finalizers: readonly string[]): KubeObject {
  const { metadata } = live;
  const again = metadata.deletionTimestamp !== undefined;
  const shorter = again && graceSeconds < (metadata.deletionGracePeriodSeconds ?? 0);
  if (again && !shorter && finalizers.length === (metadata.finalizers ?? []).length) return live;
  const deletionTimestamp = again && !shorter ? metadata.deletionTimestamp : timestamp(ports.clock.wallMs() + graceSeconds * 1000);
  return {
    ...live,
    metadata: {
      ...metadata,
      deletionTimestamp,
      deletionGracePeriodSeconds: again ? Math.min(graceSeconds, metadata.deletionGracePeriodSeconds ?? graceSeconds) : graceSeconds,
      ...(kind.hasGeneration && !again ? { generation: (metadata.generation ?? 1) + 1 } : {}),
      ...(finalizers.length > 0 ? { finalizers: [...finalizers] } : {}),
    },
  };
}
