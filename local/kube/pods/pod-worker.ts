import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { deepEqual, isObject } from '../../../shared/resources/admission/json.ts';
import type { Api } from '../api/api.ts';
import { timestamp } from '../api/context.ts';
import { type Container, type ContainerOptions, type ContainerSpec, createContainer } from './container.ts';
import type { Placement, PodRuntime } from './pod-runtime.ts';
import { podStatus } from './pod-status.ts';

const manager = { manager: 'kubelet' };
const placeAgainMs = 500;

/** The life of one pod (one UID) from its placement to its end. */
export function createPodWorker(api: Api, runtime: PodRuntime, options: ContainerOptions, created: KubeObject, ended: () => void) {
  const { ports } = api.context;
  const { namespace, name, uid } = created.metadata;
  const restartPolicy = typeof created.spec?.restartPolicy === 'string' ? created.spec.restartPolicy : 'Always';
  let placement: Placement | undefined;
  let containers: readonly Container[] = [];
  /** Seconds of grace in force; undefined while nobody asked it to end. */
  let stopping: number | undefined;
  let over = false;
  let noting = false;
  /** The kubelet ends: the stored pod is left alone. */
  let abandoned = false;
  const mentioned = new Set(sourcesOf(created));

  const pod = (): KubeObject | undefined => {
    const found = api.find(resourceTypes.pod, namespace, name);
    return found?.metadata.uid === uid ? found : undefined;
  };

  const place = (): void => {
    runtime.place(created, (placed) => {
      if (!(placed instanceof Error)) return begin(placed);
      note({ reason: 'FailedPlacement', message: placed.message });
      ports.timers.after(placeAgainMs, () => over || place());
    });
  };
  const note = (waiting: { readonly reason: string; readonly message: string }): void => {
    if (pod() && !over) api.patch(resourceTypes.pod, namespace, name, { type: 'merge', patch: { status: waiting } }, { ...manager, subresource: 'status' });
  };
  const begin = (placed: Placement): void => {
    const found = pod();
    if (!found || over || stopping !== undefined) return;
    placement = placed;
    const annotations = { ...found.metadata.annotations, ...placed.annotations };
    api.replace(resourceTypes.pod, { ...found, metadata: { ...found.metadata, annotations }, spec: { ...found.spec, nodeName: runtime.nodeName } }, { manager: 'kube-scheduler' });
    const specs = (found.spec?.containers ?? []) as readonly ContainerSpec[];
    containers = specs.map((spec) => createContainer({ api, runtime, options, restartPolicy, pod, changed }, spec));
    // Status first: variables take the pod's address from it.
    writeStatus();
    for (const container of containers) container.start();
  };

  /** One write for all that changes in a turn. */
  const changed = (): void => {
    if (noting || over) return;
    noting = true;
    ports.timers.soon(() => {
      noting = false;
      if (!over) settle();
    });
  };
  const settle = (): void => {
    if (!abandoned) writeStatus();
    if (stopping !== undefined && !containers.some((container) => container.isRunning())) finish();
  };
  const writeStatus = (): void => {
    const found = pod();
    if (!found || !placement) return;
    const willRestart = stopping === undefined && restartPolicy !== 'Never';
    const status = podStatus(found, placement.podIP, containers.map((container) => container.status()), willRestart, timestamp(ports.clock.wallMs()));
    if (!deepEqual(status, found.status)) api.replace(resourceTypes.pod, { ...found, status }, { ...manager, subresource: 'status' });
  };
  const finish = (): void => {
    if (over) return;
    over = true;
    if (!abandoned && pod()) api.remove(resourceTypes.pod, namespace, name, { uid, gracePeriodSeconds: 0 });
    runtime.release(created);
    ended();
  };

  return {
    place,
    /** `ConfigMap/namespace/name`, `Secret/…`, `peers/namespace`. */
    mentions: (source: string): boolean => mentioned.has(source),
    inputsChanged(): void {
      for (const container of containers) container.inputsChanged();
    },
    /** Its deletion was asked for, or asked for with less patience. */
    stop(graceSeconds: number): void {
      if (stopping !== undefined && graceSeconds >= stopping) return;
      stopping = graceSeconds;
      for (const container of containers) container.stop(graceSeconds);
      changed();
    },
    /** The object is gone already (force delete): nothing is waited for. */
    kill(): void {
      stopping = 0;
      for (const container of containers) container.stop(0);
      changed();
    },
    abandon(graceSeconds: number): void {
      abandoned = true;
      stopping = graceSeconds;
      for (const container of containers) container.stop(graceSeconds);
      changed();
    },
  };
}

/** ConfigMaps and Secrets that a pod's volumes and variables name, and its namespace's pods. */
function sourcesOf({ metadata, spec }: KubeObject): readonly string[] {
  const found = [`peers/${metadata.namespace}`];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    if (!isObject(value)) return;
    for (const [field, part] of Object.entries(value)) {
      walk(part);
      const kind = /^(?:configMap|configMapKeyRef)$/.test(field) ? 'ConfigMap' : /^(?:secret|secretKeyRef)$/.test(field) ? 'Secret' : undefined;
      if (kind && isObject(part)) found.push(`${kind}/${metadata.namespace}/${String(part.name ?? part.secretName)}`);
    }
  };
  walk(spec);
  return found;
}

export type PodWorker = ReturnType<typeof createPodWorker>;
