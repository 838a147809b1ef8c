import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A Go module of ours below `modules/` that pins one release of somebody else's program by its go.mod and go.sum. */
export interface WrapperModule {
  readonly folder: string;
  readonly version: string;
  /** Name of the binary → package that it is built from. */
  readonly binaries: Readonly<Record<string, string>>;
  readonly ldflags: string;
  /** Seconds that a build took on two cores with empty caches: for the message, nothing else. */
  readonly usualSeconds: number;
}

const modulesDir = join(import.meta.dirname, 'modules');
const stripped = '-s -w';

/** The release that go.mod requires: written there once. */
function pinned(folder: string, module: string): string {
  const line = readFileSync(join(modulesDir, folder, 'go.mod'), 'utf8').split('\n').find((text) => text.replace(/^require /, '').trim().startsWith(`${module} v`));
  if (line === undefined) throw new Error(`tools/kube/modules/${folder}/go.mod does not require ${module}`);
  return line.trim().split(' ').at(-1) === 'indirect' ? line.trim().split(' ')[1] : (line.trim().split(' ').at(-1) as string);
}

function kubernetes(): WrapperModule {
  const version = pinned('kubernetes', 'k8s.io/kubernetes');
  const [major, minor] = version.slice(1).split('.');
  const variable = (name: string, value: string): string => `-X k8s.io/component-base/version.${name}=${value}`;
  const command = (name: string): [string, string] => [name, `k8s.io/kubernetes/cmd/${name}`];
  return {
    folder: 'kubernetes',
    version,
    binaries: {
      etcd: 'go.etcd.io/etcd/server/v3',
      ...Object.fromEntries(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'].map(command)),
    },
    ldflags: [stripped, variable('gitVersion', version), variable('gitMajor', major), variable('gitMinor', minor)].join(' '),
    usualSeconds: 300,
  };
}

/** In the order in which a full build makes them: what `npm test` needs comes first. */
export const wrapperModules: readonly WrapperModule[] = [
  kubernetes(),
  { folder: 'pause', version: 'v1', binaries: { pause: '.' }, ldflags: stripped, usualSeconds: 5 },
  { folder: 'coredns', version: pinned('coredns', 'github.com/coredns/coredns'), binaries: { coredns: '.' }, ldflags: stripped, usualSeconds: 40 },
  { folder: 'helm', version: pinned('helm', 'helm.sh/helm/v4'), binaries: { helm: 'helm.sh/helm/v4/cmd/helm' }, ldflags: stripped, usualSeconds: 95 },
  { folder: 'kwok', version: pinned('kwok', 'sigs.k8s.io/kwok'), binaries: { kwok: 'sigs.k8s.io/kwok/cmd/kwok' }, ldflags: stripped, usualSeconds: 60 },
  { folder: 'metrics-server', version: pinned('metrics-server', 'sigs.k8s.io/metrics-server'), binaries: { 'metrics-server': 'sigs.k8s.io/metrics-server/cmd/metrics-server' }, ldflags: stripped, usualSeconds: 150 },
  { folder: 'redis-client', version: pinned('redis-client', 'github.com/redis/go-redis/v9'), binaries: { 'redis-client': '.' }, ldflags: stripped, usualSeconds: 15 },
];

export const binaryNames: readonly string[] = wrapperModules.flatMap((module) => Object.keys(module.binaries));

export function moduleOf(binary: string): WrapperModule {
  const module = wrapperModules.find((candidate) => binary in candidate.binaries);
  if (module === undefined) throw new Error(`no binary is called ${binary}; there are ${binaryNames.join(', ')}`);
  return module;
}

export const sourceDir = (module: WrapperModule): string => join(modulesDir, module.folder);

/**
 * The folder's name in the cache. Kubernetes' is its version alone, so that a person finds it; a module with sources of
 * ours also carries their hash, else a change of them would never be built.
 */
export function cacheKey(module: WrapperModule): string {
  if (module.folder === 'kubernetes') return module.version;
  const main = join(sourceDir(module), 'main.go');
  const own = existsSync(main) ? `-${createHash('sha256').update(readFileSync(main)).digest('hex').slice(0, 8)}` : '';
  return `${module.folder}-${module.version}${own}`;
}
