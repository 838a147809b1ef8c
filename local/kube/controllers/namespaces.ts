import { resourceTypes } from '../../../operator/kube/types.ts';
import type { Api } from '../api/api.ts';
import { isGone } from '../api/update.ts';
import { type Controller, createKeyQueue } from './queue.ts';

/** Empties a namespace that is deleted, and then lets it go. */
export function startNamespaceController(api: Api): Controller {
  const { store, ports } = api.context;
  const type = resourceTypes.namespace;
  const queue = createKeyQueue(ports, (name) => {
    const namespace = api.find(type, undefined, name);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    if (namespace.status?.phase !== 'Terminating') {
      api.patch(type, undefined, name, { type: 'merge', patch: { status: { phase: 'Terminating' } } }, { subresource: 'status', manager: 'kube-controller-manager' });
    }
    const content = store.everything().filter(({ kind, object }) => kind.namespaced && object.metadata.namespace === name);
    for (const { kind, object } of content) if (object.metadata.deletionTimestamp === undefined) api.remove(kind, name, object.metadata.name, { propagationPolicy: 'Background' });
    if (content.length === 0) finish(name);
    else if (store.everything().every(({ kind, object }) => !kind.namespaced || object.metadata.namespace !== name)) finish(name);
  });
  const finish = (name: string): void => {
    const namespace = api.find(type, undefined, name);
    if (namespace && isGone(namespace)) store.remove(type, namespace);
  };
  const unsubscribe = store.subscribe(({ kind, type: change, object }) => {
    if (kind.kind === 'Namespace' && change !== 'DELETED') queue.add(object.metadata.name);
    else if (change === 'DELETED' && object.metadata.namespace !== undefined && api.find(type, undefined, object.metadata.namespace)?.metadata.deletionTimestamp !== undefined) queue.add(object.metadata.namespace);
  });
  return {
    stop() {
      unsubscribe();
      queue.stop();
    },
  };
}
