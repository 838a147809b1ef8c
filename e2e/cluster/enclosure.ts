import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { start, untilReady } from '../../test/kube/processes.ts';
import type { Running } from '../../test/kube/processes.ts';
import type { RunDirectory } from '../../test/kube/run-directory.ts';

/**
 * One machine-within-the-machine for a cluster: network, mount and process namespaces of its own. All nodes of the
 * cluster live in it, so that two clusters share no port, address, iptables chain or mount, and killing its first
 * process ends every process and drops every mount and interface with it.
 */
export interface Enclosure {
  /** Tells clusters on this machine apart: 0 … 49. */
  readonly index: number;
  readonly addresses: Addresses;
  /** Prefix of a command that is to run inside, as a process of the enclosure. */
  readonly enter: readonly string[];
  /** Prefix that changes the network only: for programs that need nothing else from inside. */
  readonly enterNetwork: readonly string[];
  /** Runs a command inside to its end; returns its output, throws with it when it fails. */
  run(command: readonly string[], input?: string): string;
  /** Starts a program inside; its `pid` is that of the program as seen from outside. */
  start(command: readonly string[], name: string): Running;
}

export interface Addresses {
  /** Control plane and DNS. */
  readonly host: string;
  readonly node: (index: number) => string;
  readonly podRange: (node: number) => string;
  /** All of the above: routed from the machine into the enclosure. */
  readonly range: string;
  readonly serviceRange: string;
}

const enclosureCount = 50;
const firstSecondByte = 150;
const firstServiceByte = 200;

function addressesOf(index: number): Addresses {
  const base = `10.${firstSecondByte + index}`;
  return {
    host: `${base}.0.1`,
    node: (node) => `${base}.0.${11 + node}`,
    podRange: (node) => `${base}.${node + 1}.0/24`,
    range: `${base}.0.0/16`,
    serviceRange: `10.${firstServiceByte + index}.0.0/16`,
  };
}

/** A kubelet has its device plugin socket here whatever its root directory is: each needs a directory of its own under this name. */
export const kubeletDirectory = '/var/lib/kubelet';

export async function openEnclosure(run: RunDirectory, initBinary: string, nodeCount: number): Promise<Enclosure> {
  const marker = join(run.path, 'enclosed');
  const prepare = `set -e; mount -t proc proc /proc; mount --make-rshared /; mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /var/log; ip link set lo up
    mkdir -p ${kubeletDirectory}; mount -t tmpfs tmpfs ${kubeletDirectory}; mount --make-private ${kubeletDirectory}
    echo 1 >/proc/sys/net/ipv4/ip_forward; touch ${marker}; exec ${initBinary}`;
  const holder = start(run, ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private', 'sh', '-c', prepare], 'enclosure');
  await untilReady(holder, () => Promise.resolve(existsSync(marker)), 10_000);
  const first = childOf(holder.pid);
  const enterNetwork = ['nsenter', `--target=${first}`, '--net', '--'];
  const enter = ['nsenter', `--target=${first}`, '--net', '--mount', '--pid', '--'];
  const { index, addresses } = connect(first, nodeCount, (command) => execute([...enterNetwork, ...command]));
  return {
    index, addresses, enter, enterNetwork,
    run: (command, input) => execute([...enter, ...command], input),
    start: (command, name) => inner(start(run, [...enter, ...command], name)),
  };
}

/** nsenter forks to enter a process namespace: the program is its child, and signals are for the program. */
function inner(outer: Running): Running {
  const pid = (): number => childOf(outer.pid);
  return {
    ...outer,
    get pid() {
      return pid();
    },
    signal: (signal) => process.kill(pid(), signal),
    stop: async (signal = 'SIGTERM', graceMs = 10_000) => {
      if (outer.exitCode() !== null) return;
      const program = pid();
      process.kill(program, signal);
      const giveUp = setTimeout(() => process.kill(program, 'SIGKILL'), graceMs);
      await untilReady({ ...outer, exitCode: () => null }, () => Promise.resolve(outer.exitCode() !== null), graceMs * 2).finally(() => clearTimeout(giveUp));
    },
  };
}

const childOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);

/** A veth pair between machine and enclosure. Its name is the claim on the index: the kernel gives a name once. */
function connect(target: number, nodeCount: number, inside: (command: readonly string[]) => string): { readonly index: number; readonly addresses: Addresses } {
  for (let index = 0; index < enclosureCount; index += 1) {
    const addresses = addressesOf(index);
    if (attempt(['ip', 'route', 'show', 'root', addresses.range])?.trim() !== '') continue;
    const outside = `mrd${index}`;
    if (attempt(['ip', 'link', 'add', outside, 'type', 'veth', 'peer', 'name', 'up0', 'netns', `${target}`]) === undefined) continue;
    const [ours, theirs] = [1, 2].map((last) => addresses.host.replace(/0\.1$/, `255.${last}`));
    execute(['ip', 'address', 'add', `${ours}/30`, 'dev', outside]);
    execute(['ip', 'link', 'set', outside, 'up']);
    inside(['ip', 'address', 'add', `${theirs}/30`, 'dev', 'up0']);
    inside(['ip', 'link', 'set', 'up0', 'up']);
    inside(['ip', 'route', 'add', 'default', 'via', ours]);
    for (const address of [addresses.host, ...Array.from({ length: nodeCount }, (_, node) => addresses.node(node))]) inside(['ip', 'address', 'add', `${address}/32`, 'dev', 'lo']);
    for (const range of [addresses.range, addresses.serviceRange]) execute(['ip', 'route', 'add', range, 'via', theirs]);
    return { index, addresses };
  }
  throw new Error(`no free address range of ${enclosureCount} is left for a cluster; see ip route`);
}

function attempt(command: readonly string[]): string | undefined {
  const [program, ...args] = command;
  const done = spawnSync(program, args, { encoding: 'utf8' });
  return done.status === 0 ? done.stdout : undefined;
}

function execute(command: readonly string[], input?: string): string {
  const [program, ...args] = command;
  const done = spawnSync(program, args, { encoding: 'utf8', input, maxBuffer: 64 * 1024 * 1024 });
  if (done.status !== 0) throw new Error(`${command.join(' ')} failed (${done.status ?? done.error?.message}): ${done.stderr ?? ''}`);
  return done.stdout;
}
