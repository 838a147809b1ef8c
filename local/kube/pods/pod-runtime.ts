import type { KubeObject } from '../../../operator/kube/port.ts';

/** Where a pod runs; decided once in its life. */
export interface Placement {
  readonly podIP: string;
  /** Added to the pod, such as the ports that its process was given. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One volume of a container, by where it is mounted. */
export type Mount =
  | { readonly kind: 'files'; readonly mountPath: string; readonly files: ReadonlyMap<string, Uint8Array> }
  | { readonly kind: 'claim'; readonly mountPath: string; readonly claim: string }
  | { readonly kind: 'scratch'; readonly mountPath: string };

/** What changes under a running container. */
export interface ContainerInputs {
  readonly mounts: readonly Mount[];
  /** Pods behind the headless Service of the pod's subdomain, itself among them. */
  readonly peers: readonly KubeObject[];
}

export interface ContainerStart {
  readonly pod: KubeObject;
  readonly container: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly inputs: ContainerInputs;
  readonly restartCount: number;
}

export interface Exit {
  readonly exitCode: number;
  readonly signal?: number;
  readonly message?: string;
}

export interface HttpProbe {
  readonly path: string;
  /** Of the container, by number or name. */
  readonly port: number | string;
  readonly timeoutMs: number;
}

export interface RunningContainer {
  /** SIGTERM. */
  terminate(): void;
  /** SIGKILL. */
  kill(): void;
  /** New content of mounted ConfigMaps and Secrets, or other peers. */
  refresh(inputs: ContainerInputs): void;
  /** Calls back once; undefined: it went well, else why not. */
  probe(probe: HttpProbe, done: (failure: string | undefined) => void): void;
}

/** What a kubelet does with the machine: real child processes, or virtual ones for tests and the simulator. */
export interface PodRuntime {
  readonly nodeName: string;
  /** Before a pod's first container starts. An error is shown on the pod and it is tried again. */
  place(pod: KubeObject, done: (placed: Placement | Error) => void): void;
  /** `exited` is called once, never within this call. */
  start(start: ContainerStart, exited: (exit: Exit) => void): RunningContainer;
  /** The pod is gone and none of its containers runs. */
  release(pod: KubeObject): void;
  /** What the pod's container has written, as far as it is kept. */
  log?(pod: KubeObject): string | undefined;
  /** A claim was deleted: so is what is kept for it. */
  releaseClaim?(namespace: string, claim: string): void;
}
