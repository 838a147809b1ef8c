import { logLevels, type LogLevel } from '../shared/log/log.ts';
import { MeridianError } from '../shared/errors/meridian-error.ts';

export interface OperatorOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly defaultImage: string;
  readonly logLevel: LogLevel;
  readonly metricsHost: string;
  readonly metricsPort: number;
  readonly leaderElection: boolean;
  readonly leaseName: string;
  readonly podName: string;
  readonly podNamespace?: string;
  readonly workers: number;
  readonly requestsPerSecond: number;
  readonly releaseFinalizers: boolean;
  readonly releaseDeployment?: string;
}

interface Flag {
  readonly flag: string;
  readonly env: string;
  readonly value?: string;
  readonly standard: string;
  readonly help: string;
}

/** Every flag with its environment variable; a flag wins. */
const flags = {
  kubeconfig: { flag: '--kubeconfig', env: 'MERIDIAN_KUBECONFIG', value: 'FILE', standard: '', help: "kubeconfig to use instead of the pod's service account" },
  context: { flag: '--context', env: 'MERIDIAN_KUBE_CONTEXT', value: 'NAME', standard: '', help: 'context of the kubeconfig' },
  watchNamespaces: { flag: '--watch-namespaces', env: 'MERIDIAN_WATCH_NAMESPACES', value: 'A,B', standard: '', help: 'work in these namespaces only; empty: in all' },
  defaultImage: { flag: '--default-image', env: 'MERIDIAN_DEFAULT_IMAGE', value: 'IMAGE', standard: '', help: 'image of nodes whose cluster names neither image nor version' },
  logLevel: { flag: '--log-level', env: 'MERIDIAN_LOG_LEVEL', value: 'LEVEL', standard: 'info', help: 'debug, info, warn or error' },
  metricsHost: { flag: '--metrics-host', env: 'MERIDIAN_METRICS_HOST', value: 'HOST', standard: '0.0.0.0', help: 'where metrics and probes listen' },
  metricsPort: { flag: '--metrics-port', env: 'MERIDIAN_METRICS_PORT', value: 'PORT', standard: '9090', help: 'port of metrics and probes; 0: any free one' },
  leaderElection: { flag: '--leader-election', env: 'MERIDIAN_LEADER_ELECTION', value: 'BOOL', standard: 'true', help: 'false: write without asking for leadership (one replica only)' },
  leaseName: { flag: '--lease-name', env: 'MERIDIAN_LEASE_NAME', value: 'NAME', standard: 'meridian-operator', help: "Lease of the election, in the operator's namespace" },
  podName: { flag: '--pod-name', env: 'MERIDIAN_POD_NAME', value: 'NAME', standard: 'meridian-operator', help: 'name of this replica in the Lease, events and logs' },
  podNamespace: { flag: '--pod-namespace', env: 'MERIDIAN_POD_NAMESPACE', value: 'NAME', standard: '', help: 'namespace of the operator' },
  workers: { flag: '--workers', env: 'MERIDIAN_WORKERS', value: 'N', standard: '4', help: 'clusters that are reconciled at a time' },
  requestsPerSecond: { flag: '--requests-per-second', env: 'MERIDIAN_REQUESTS_PER_SECOND', value: 'N', standard: '200', help: 'requests to the API server in the long run; twice as many at once' },
  releaseFinalizers: { flag: '--release-finalizers', env: 'MERIDIAN_RELEASE_FINALIZERS', standard: 'false', help: "take the operator's finalizers off and end; used before an uninstallation" },
  releaseDeployment: { flag: '--release-deployment', env: 'MERIDIAN_RELEASE_DEPLOYMENT', value: 'NAME', standard: '', help: "with --release-finalizers: Deployment of the operator, in its namespace, that is taken down first; it would put them on again" },
} as const satisfies Record<string, Flag>;

type Name = keyof typeof flags;

export function operatorHelp(): string {
  const rows = Object.values<Flag>(flags).map(({ flag, env, value, standard, help }) => `  ${`${flag}${value ? ` ${value}` : ''}`.padEnd(28)}${env.padEnd(32)}${help}${standard === '' || !value ? '' : ` (${standard})`}`);
  return `meridian operator — reconciles CacheClusters\n\nusage: meridian operator [FLAG …]\n\nEvery flag has an environment variable; a flag wins.\n\n${rows.join('\n')}\n`;
}

/** Throws USAGE for what it does not know. */
export function parseOperatorOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>, standardImage: string): OperatorOptions {
  const given = readFlags(args);
  const text = (name: Name): string => given.get(name) ?? (env[flags[name].env] || flags[name].standard);
  const optional = (name: Name): string | undefined => text(name) || undefined;
  const level = logLevels.find((one) => one === text('logLevel'));
  if (!level) throw usage(`--log-level is one of ${logLevels.join(', ')}, not "${text('logLevel')}"`);
  return {
    kubeconfig: optional('kubeconfig'),
    context: optional('context'),
    watchNamespaces: text('watchNamespaces').split(',').map((one) => one.trim()).filter((one) => one !== ''),
    defaultImage: optional('defaultImage') ?? standardImage,
    logLevel: level,
    metricsHost: text('metricsHost'),
    metricsPort: wholeNumber('metricsPort', text('metricsPort'), 0, 65_535),
    leaderElection: truth('leaderElection', text('leaderElection')),
    leaseName: text('leaseName'),
    podName: text('podName'),
    podNamespace: optional('podNamespace'),
    workers: wholeNumber('workers', text('workers'), 1, 64),
    requestsPerSecond: wholeNumber('requestsPerSecond', text('requestsPerSecond'), 1, 10_000),
    releaseFinalizers: truth('releaseFinalizers', text('releaseFinalizers')),
    releaseDeployment: optional('releaseDeployment'),
  };
}

/** `--flag value`, `--flag=value`, and `--flag` alone for what takes no value. */
function readFlags(args: readonly string[]): ReadonlyMap<Name, string> {
  const given = new Map<Name, string>();
  for (let index = 0; index < args.length; index += 1) {
    const [flag, inline] = split(args[index]);
    const found = (Object.entries(flags) as [Name, Flag][]).find(([, one]) => one.flag === flag);
    if (!found) throw usage(`there is no flag "${flag}" (see meridian operator --help)`);
    const [name, { value }] = found;
    if (!value) given.set(name, inline ?? 'true');
    else {
      const next = inline ?? args[(index += 1)];
      if (next === undefined) throw usage(`${flag} needs a value`);
      given.set(name, next);
    }
  }
  return given;
}

function split(argument: string): readonly [string, string | undefined] {
  const at = argument.indexOf('=');
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

function wholeNumber(name: Name, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) throw usage(`${flags[name].flag} is a whole number from ${least} to ${most}, not "${text}"`);
  return value;
}

function truth(name: Name, text: string): boolean {
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw usage(`${flags[name].flag} is true or false, not "${text}"`);
}

const usage = (detail: string): MeridianError => new MeridianError('USAGE', { detail });
