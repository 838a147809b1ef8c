import type { KubeList, KubeObject, ListOptions, ResourceType, WatchOptions, WatchSink } from '../../operator/kube/port.ts';

export interface OpenWatch {
  readonly options: WatchOptions;
  readonly sink: WatchSink;
  stopped: boolean;
}

/** The reading half of a Kubernetes API whose answers a test gives one by one. */
export function scriptedKube() {
  const lists: { options: ListOptions; answer: (list: KubeList | Error) => void }[] = [];
  const watches: OpenWatch[] = [];
  return {
    lists,
    watches,
    get watching(): OpenWatch {
      return watches[watches.length - 1];
    },
    list: (_type: ResourceType, options: ListOptions = {}): Promise<KubeList> =>
      new Promise((resolve, reject) => lists.push({ options, answer: (list) => (list instanceof Error ? reject(list) : resolve(list)) })),
    watch(_type: ResourceType, options: WatchOptions, sink: WatchSink): () => void {
      const open: OpenWatch = { options, sink, stopped: false };
      watches.push(open);
      return () => {
        open.stopped = true;
      };
    },
  };
}

export function configMap(name: string, resourceVersion: string, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', uid: `uid-${name}`, ...more, name, resourceVersion } };
}
