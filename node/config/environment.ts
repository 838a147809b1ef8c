import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { inClusterFiles, type InClusterFiles } from '../../shared/kube/service-account.ts';
import { mounts, ports as standardPorts } from '../../shared/kube/names.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** What the pod's environment says: identity by the downward API, folders, ports. */
export interface NodeEnvironment {
  readonly pod: string;
  readonly podUid: string;
  readonly namespace: string;
  /** Where other nodes and clients reach this pod. */
  readonly ip: string;
  readonly kubeNode: string;
  readonly shard: number;
  readonly listenHost: string;
  readonly folders: { readonly config: string; readonly bus: string; readonly auth: string; readonly data: string };
  readonly ports: { readonly redis: number; readonly http: number; readonly bus: number; readonly metrics: number; readonly admin: number };
  /** One host:port a line, in place of the headless Service's DNS name. */
  readonly seedsFile: string | undefined;
  /** How long a node that is told to end goes on answering clients that know its address, milliseconds. */
  readonly lingerMs: number;
  /** How sockets are read and written: epoll, static-read, net; absent: the first of them that can be had. */
  readonly io: string | undefined;
  /** Which entries are checked against their checksum whenever they are read. */
  readonly verify: 'off' | 'sampled' | 'always';
  readonly kube: InClusterFiles;
}

/**
 * An address that nobody answers at any more costs a client its whole time-out for connecting, again and again. Clients that look for changes by themselves do so every ten
 * seconds. On loopback the kernel refuses at once, so there is nothing to linger for.
 */
const podLingerMs = 15_000;

/** Throws NODE_CONFIG with the name of the variable that is missing or makes no sense. */
export function readEnvironment(env: Env): NodeEnvironment {
  const listenHost = env.MERIDIAN_LISTEN_HOST ?? '0.0.0.0';
  const kube = inClusterFiles(env);
  if (kube === undefined) throw nodeConfigError('neither KUBERNETES_SERVICE_HOST nor MERIDIAN_KUBE_URL is set');
  return {
    pod: needed(env, 'MERIDIAN_POD_NAME'),
    podUid: needed(env, 'MERIDIAN_POD_UID'),
    namespace: needed(env, 'MERIDIAN_POD_NAMESPACE'),
    ip: env.MERIDIAN_POD_IP ?? (listenHost === '0.0.0.0' ? '127.0.0.1' : listenHost),
    kubeNode: env.MERIDIAN_NODE_NAME ?? '',
    shard: wholeNumber(env, 'MERIDIAN_SHARD', undefined, 999),
    listenHost,
    folders: {
      config: env.MERIDIAN_CONFIG_DIR ?? mounts.config,
      bus: env.MERIDIAN_BUS_DIR ?? mounts.bus,
      auth: env.MERIDIAN_AUTH_DIR ?? mounts.auth,
      data: env.MERIDIAN_DATA_DIR ?? mounts.data,
    },
    ports: {
      redis: wholeNumber(env, 'MERIDIAN_REDIS_PORT', standardPorts.redis, 65_535),
      http: wholeNumber(env, 'MERIDIAN_HTTP_PORT', standardPorts.http, 65_535),
      bus: wholeNumber(env, 'MERIDIAN_BUS_PORT', standardPorts.bus, 65_535),
      metrics: wholeNumber(env, 'MERIDIAN_METRICS_PORT', standardPorts.metrics, 65_535),
      admin: wholeNumber(env, 'MERIDIAN_ADMIN_PORT', standardPorts.admin, 65_535),
    },
    seedsFile: env.MERIDIAN_SEEDS_FILE,
    lingerMs: wholeNumber(env, 'MERIDIAN_LINGER_MS', env.MERIDIAN_KUBE_URL === undefined ? podLingerMs : 0, 30_000),
    io: env.MERIDIAN_IO,
    verify: verifyOf(env.MERIDIAN_VERIFY),
    kube,
  };
}

export const nodeConfigError = (detail: string): MeridianError => new MeridianError('NODE_CONFIG', { detail });

function verifyOf(text: string | undefined): NodeEnvironment['verify'] {
  switch (text) {
    case undefined:
    case '':
      return 'sampled';
    case 'off':
    case 'sampled':
    case 'always':
      return text;
    default:
      throw nodeConfigError(`MERIDIAN_VERIFY=${text} is none of off, sampled, always`);
  }
}

function needed(env: Env, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw nodeConfigError(`${name} is not set`);
  return value;
}

function wholeNumber(env: Env, name: string, otherwise: number | undefined, most: number): number {
  const text = otherwise === undefined ? needed(env, name) : env[name];
  if (text === undefined || text === '') return otherwise as number;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most) throw nodeConfigError(`${name}=${text} is not a whole number up to ${most}`);
  return value;
}
