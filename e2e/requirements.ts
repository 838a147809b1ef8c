import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Programs of the machine → what brings them on Debian. */
const programs: Readonly<Record<string, string>> = {
  containerd: 'containerd', ctr: 'containerd', runc: 'runc', iptables: 'iptables', ip: 'iproute2', unshare: 'util-linux', nsenter: 'util-linux', python3: 'python3',
};
const networkPlugins = '/usr/lib/cni';

/** What is missing for a cluster on this machine, in sentences; empty when all is there. */
export function missingForOwnCluster(): readonly string[] {
  if (process.platform !== 'linux') return ['npm run e2e makes its nodes on Linux; elsewhere point kubectl at a cluster and set E2E_CLUSTER=current (docs/e2e.md)'];
  const root = process.getuid?.() === 0 ? [] : ['npm run e2e starts containers, so it must be run as root (sudo -E npm run e2e), or with E2E_CLUSTER=current against a cluster that runs (docs/e2e.md)'];
  const absent = Object.keys(programs).filter((name) => spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status !== 0);
  const plugins = existsSync(`${networkPlugins}/ptp`) ? [] : [`CNI plugins are missing in ${networkPlugins}: apt-get install containernetworking-plugins`];
  const install = absent.length === 0 ? [] : [`${absent.join(', ')} missing: apt-get install ${[...new Set(absent.map((name) => programs[name]))].join(' ')}`];
  return [...root, ...install, ...plugins, ...missingForClients()];
}

/** What the clients of the journey need, on whichever cluster. */
export function missingForClients(): readonly string[] {
  return spawnSync('python3', ['-c', 'import redis.cluster'], { stdio: 'ignore' }).status === 0 ? [] : ['the Python package redis is missing: python3 -m pip install redis'];
}
