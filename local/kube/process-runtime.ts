import type { KubeObject } from '../../operator/kube/port.ts';
import { openBoundedLog } from '../../shared/io/bounded-log.ts';
import { startChild } from '../../shared/io/child-process.ts';
import { readTextFile, removeTree } from '../../shared/io/files.ts';
import { probeHttp } from '../../shared/io/http-probe.ts';
import { annotations, mounts } from '../../shared/kube/names.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { ContainerInputs, ContainerStart, Exit, HttpProbe, PodRuntime, RunningContainer } from './pods/pod-runtime.ts';
import { type PodFolders, claimFolder, createPodFolders, logFileOf } from './processes/pod-folders.ts';
import { createPortPicker } from './processes/port-picker.ts';

/** Content of the annotation `meridiancache.io/ports` of a pod. */
export interface PodPorts {
  readonly redis: number;
  readonly http: number;
  readonly bus: number;
  readonly metrics: number;
  readonly admin: number;
}

export interface ProcessRuntimeOptions {
  readonly ports: Ports;
  /** Absolute path of cli/main.ts (or whatever stands for `meridian`). */
  readonly program: string;
  /** Image of the container → another program in its place. */
  readonly programs?: Readonly<Record<string, string>>;
  /** The Node binary; default: the one that runs this. */
  readonly nodeBinary?: string;
  /** Options of Node for the pods. */
  readonly nodeArgs?: readonly string[];
  /** Below it every pod has a folder. */
  readonly dataFolder: string;
  /** What pods reach the Kubernetes API at, such as http://127.0.0.1:7300. */
  readonly kubeUrl: string;
  /** The same for a pod name for ever, over restarts and recreation. */
  readonly clientPorts: (namespace: string, pod: string) => { readonly redis: number; readonly http: number };
  /** True for ports that only clients' addresses may take, now or later. */
  readonly keptPort?: (port: number) => boolean;
  /** Passed to every pod besides its own variables: PATH, NODE_COMPILE_CACHE. */
  readonly env?: Readonly<Record<string, string>>;
  /** A log file longer than this is begun anew; one older file is kept. */
  readonly logBytes?: number;
}

const loopback = '127.0.0.1';
const standardLogBytes = 8 << 20;
const folderVariables: Readonly<Record<string, string>> = { [mounts.config]: 'MERIDIAN_CONFIG_DIR', [mounts.bus]: 'MERIDIAN_BUS_DIR', [mounts.auth]: 'MERIDIAN_AUTH_DIR', [mounts.data]: 'MERIDIAN_DATA_DIR' };

interface Pod {
  readonly ports: PodPorts;
  readonly folders: PodFolders;
}

/** Pods as child processes on loopback. A pod name keeps its ports for ever; its files lie below the data folder. */
export function createProcessRuntime(options: ProcessRuntimeOptions): PodRuntime {
  const picker = createPortPicker(options.ports.random, options.keptPort);
  const known = new Map<string, PodPorts>();
  const pods = new Map<string, Pod>();
  const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

  const settle = (pod: KubeObject, ports: PodPorts): { podIP: string; annotations: Record<string, string> } => {
    const { namespace = '', name } = pod.metadata;
    known.set(keyOf(pod), ports);
    pods.set(keyOf(pod), { ports, folders: createPodFolders(options.dataFolder, namespace, name) });
    return { podIP: loopback, annotations: { [annotations.ports]: JSON.stringify(ports) } };
  };

  return {
    nodeName: 'local',
    place(pod, done) {
      const before = known.get(keyOf(pod));
      if (before) return done(settle(pod, before));
      picker.pick(3, (picked) => {
        if (picked instanceof Error) return done(picked);
        const [bus, metrics, admin] = picked;
        done(settle(pod, { ...options.clientPorts(pod.metadata.namespace ?? '', pod.metadata.name), bus, metrics, admin }));
      });
    },
    start(start, exited) {
      const pod = pods.get(keyOf(start.pod));
      if (!pod) throw new Error('the pod has no place yet');
      return run(options, pod, start, exited);
    },
    release(pod) {
      pods.get(keyOf(pod))?.folders.remove();
      pods.delete(keyOf(pod));
    },
    log: (pod) => readTextFile(logFileOf(options.dataFolder, pod)),
    releaseClaim: (namespace, claim) => removeTree(claimFolder(options.dataFolder, namespace, claim)),
  };
}

function run(options: ProcessRuntimeOptions, { ports, folders }: Pod, start: ContainerStart, exited: (exit: Exit) => void): RunningContainer {
  const [program, ...args] = start.command;
  if (program !== 'meridian') throw new Error(`local mode runs only the program meridian, not ${program ?? 'an image without a command'}`);
  folders.write(start.inputs, seedsOf(start.inputs));
  const log = openBoundedLog(folders.logFile, options.logBytes ?? standardLogBytes);
  const child = startChild({
    command: options.nodeBinary ?? process.execPath,
    args: [...(options.nodeArgs ?? []), programFor(options, start), ...args],
    env: { ...options.env, ...start.env, ...environmentOf(options, ports, folders, start.inputs) },
    output: (chunk) => log.write(chunk),
    exited({ code, signal, error }) {
      if (error) log.write(Buffer.from(`${error.message}\n`));
      // Output that is still in the pipe comes after the exit.
      options.ports.timers.soon(() => options.ports.timers.soon(log.close));
      const signalNumber = signal === 'SIGKILL' ? 9 : signal === 'SIGTERM' ? 15 : undefined;
      exited({ exitCode: code ?? 128 + (signalNumber ?? 0), ...(signalNumber === undefined ? {} : { signal: signalNumber }), ...(error ? { message: error.message } : {}) });
    },
  });
  return {
    terminate: () => child.signal('SIGTERM'),
    kill: () => child.signal('SIGKILL'),
    refresh: (inputs) => folders.write(inputs, seedsOf(inputs)),
    probe: (probe, done) => runProbe(options.ports, ports, probe, done),
  };
}

function programFor({ program, programs = {} }: ProcessRuntimeOptions, { pod, container }: ContainerStart): string {
  const { containers = [] } = (pod.spec ?? {}) as { containers?: readonly { readonly name: string; readonly image?: string }[] };
  const image = containers.find(({ name }) => name === container)?.image ?? '';
  return Object.hasOwn(programs, image) ? programs[image] : program;
}

function environmentOf({ kubeUrl }: ProcessRuntimeOptions, ports: PodPorts, folders: PodFolders, { mounts: mounted }: ContainerInputs): Record<string, string> {
  const folderEntries = mounted.flatMap((mount) => (mount.mountPath in folderVariables ? [[folderVariables[mount.mountPath], folders.folderOf(mount)] as const] : []));
  return {
    ...Object.fromEntries(folderEntries),
    MERIDIAN_KUBE_URL: kubeUrl,
    MERIDIAN_LIFELINE: 'stdin',
    MERIDIAN_LISTEN_HOST: loopback,
    MERIDIAN_SEEDS_FILE: folders.seedsFile,
    MERIDIAN_REDIS_PORT: String(ports.redis),
    MERIDIAN_HTTP_PORT: String(ports.http),
    MERIDIAN_BUS_PORT: String(ports.bus),
    MERIDIAN_METRICS_PORT: String(ports.metrics),
    MERIDIAN_ADMIN_PORT: String(ports.admin),
  };
}

/** Undefined for a pod that was not placed here. */
export function portsOfPod(pod: KubeObject): PodPorts | undefined {
  const text = pod.metadata.annotations?.[annotations.ports];
  return text === undefined ? undefined : (JSON.parse(text) as PodPorts);
}

function seedsOf({ peers }: ContainerInputs): readonly string[] {
  return peers.flatMap((peer) => {
    const ports = portsOfPod(peer);
    return ports ? [`${String(peer.status?.podIP)}:${ports.bus}`] : [];
  });
}

function runProbe({ timers }: Ports, ports: PodPorts, { path, port, timeoutMs }: HttpProbe, done: (failure: string | undefined) => void): void {
  const number = typeof port === 'number' ? port : (ports as unknown as Record<string, number>)[port];
  if (number === undefined) return done(`no port named ${port}`);
  const giveUp = probeHttp(number, path, (answer) => {
    timers.cancel(deadline);
    if (answer instanceof Error) done(answer.message);
    else done(answer >= 200 && answer < 400 ? undefined : `HTTP probe failed with statuscode: ${answer}`);
  });
  const deadline = timers.after(timeoutMs, giveUp, { keepAlive: false });
}
