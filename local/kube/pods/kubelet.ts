import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import type { Api } from '../api/api.ts';
import { timestamp } from '../api/context.ts';
import { createKeyQueue } from '../controllers/queue.ts';
import type { ContainerOptions, RestartBackoff } from './container.ts';
import type { PodRuntime } from './pod-runtime.ts';
import { type PodWorker, createPodWorker } from './pod-worker.ts';

export interface KubeletOptions {
  readonly runtime: PodRuntime;
  readonly backoff?: RestartBackoff;
  /** Longest wait between probes until they first succeed. */
  readonly hurryMs?: number;
}

export interface Kubelet {
  /** Ends every container; settled when none runs any more. Pods stay as they are stored. */
  stop(graceSeconds: number): Promise<void>;
}

/** As the kubelet has them: 10 s, doubled up to 5 min, forgotten after 10 min. */
const kubeletBackoff: RestartBackoff = { firstMs: 10_000, mostMs: 300_000, forgiveMs: 600_000 };
const neverHurry = Number.MAX_SAFE_INTEGER;

/** Scheduler and kubelet in one: runs every pod through the runtime on a node of its own. */
export function startKubelet(api: Api, { runtime, backoff = kubeletBackoff, hurryMs = neverHurry }: KubeletOptions): Kubelet {
  const { store, ports } = api.context;
  const options: ContainerOptions = { backoff, hurryMs };
  const workers = new Map<string, PodWorker>();
  let allEnded = (): void => {};
  registerNode(api, runtime.nodeName);

  const pods = createKeyQueue(ports, (uid) => {
    const pod = store.findByUid(uid)?.object;
    const worker = workers.get(uid);
    if (!pod) worker?.kill();
    else if (pod.metadata.deletionTimestamp !== undefined) (worker ?? adopt(pod)).stop(pod.metadata.deletionGracePeriodSeconds ?? 0);
    else if (!worker) adopt(pod).place();
  });
  const inputs = createKeyQueue(ports, (key) => {
    for (const worker of workers.values()) if (worker.mentions(key)) worker.inputsChanged();
  });
  const adopt = (pod: KubeObject): PodWorker => {
    const uid = pod.metadata.uid ?? '';
    const worker = createPodWorker(api, runtime, options, pod, () => {
      workers.delete(uid);
      if (workers.size === 0) allEnded();
    });
    workers.set(uid, worker);
    return worker;
  };
  const unsubscribe = store.subscribe(({ kind, type, object, previous }) => {
    if (kind.group !== '') return;
    if (kind.kind === 'Pod') pods.add(object.metadata.uid ?? '');
    const { namespace = '', name } = object.metadata;
    if (kind.kind === 'PersistentVolumeClaim' && type === 'DELETED') runtime.releaseClaim?.(namespace, name);
    const newAddress = kind.kind === 'Pod' && (type === 'DELETED' || object.status?.podIP !== previous?.status?.podIP);
    if (newAddress || kind.kind === 'Service') inputs.add(`peers/${namespace}`);
    if (kind.kind === 'ConfigMap' || kind.kind === 'Secret') inputs.add(`${kind.kind}/${namespace}/${name}`);
  });
  for (const pod of store.list(resourceTypes.pod)) pods.add(pod.metadata.uid ?? '');

  return {
    async stop(graceSeconds) {
      unsubscribe();
      pods.stop();
      inputs.stop();
      if (workers.size === 0) return;
      const ended = new Promise<void>((resolve) => (allEnded = resolve));
      for (const worker of workers.values()) worker.abandon(graceSeconds);
      await ended;
    },
  };
}

function registerNode(api: Api, name: string): void {
  if (api.find(resourceTypes.node, undefined, name)) return;
  const now = timestamp(api.context.ports.clock.wallMs());
  const node = api.create(resourceTypes.node, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name } }, spec: {} }, { manager: 'kubelet' });
  const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status', lastTransitionTime: now, lastHeartbeatTime: now }];
  api.replace(resourceTypes.node, { ...node, status: { conditions } }, { manager: 'kubelet', subresource: 'status' });
}
