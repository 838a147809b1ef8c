import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../../test/kube/control-plane.ts';
import { finished, untilReady } from '../../test/kube/processes.ts';
import type { Running } from '../../test/kube/processes.ts';
import { createCgroup } from './cgroups.ts';
import { kubeletDirectory, type Enclosure } from './enclosure.ts';

export interface KubeNode {
  readonly name: string;
  readonly region: string;
  readonly kubelet: Running;
  /** As if the machine had lost its power: kubelet, containerd and every container die at once. */
  lose(): Promise<void>;
  /** It boots again. */
  restore(): Promise<void>;
  /** `ctr` of this node's containerd in the namespace that Kubernetes uses. */
  ctr(...args: readonly string[]): string;
  /** Directory of this node; `volumes/` below it holds its local volumes. */
  readonly dir: string;
}

export interface NodeSpec {
  readonly index: number;
  readonly name: string;
  readonly region: string;
}

/** Below it are a node's pods. */
export const cgroupOf = (enclosure: number, node: string): string => `meridian-${enclosure}-${node}`;

export const pauseImage = 'meridian.local/pause:1';

/** A containerd of its own, ready to take images: started before the control plane is. */
export interface Runtime {
  readonly spec: NodeSpec;
  readonly dir: string;
  readonly socket: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  ctr(...args: readonly string[]): string;
  importImage(archive: string): Promise<void>;
}

export async function startRuntime(plane: Pick<ControlPlane, 'run'>, enclosure: Enclosure, spec: NodeSpec): Promise<Runtime> {
  const dir = join(plane.run.path, spec.name);
  for (const part of ['cni', 'volumes', 'kubelet', 'logs']) mkdirSync(join(dir, part), { recursive: true });
  writeFileSync(join(dir, 'cni', '10-pods.conflist'), JSON.stringify(podNetwork(dir, enclosure.addresses.podRange(spec.index))));
  const socket = `/run/${spec.name}.sock`;
  writeFileSync(join(dir, 'containerd.toml'), containerdConfig(dir, spec.name, socket));
  let containerd: Running | undefined;
  const ctrCommand = ['ctr', '--address', socket, '--namespace', 'k8s.io'];
  const ctr = (...args: readonly string[]): string => enclosure.run([...ctrCommand, ...args]);
  const importImage = (archive: string): Promise<void> => finished(enclosure.start([...ctrCommand, 'images', 'import', archive], `import-${spec.name}`));
  const begin = (): Promise<void> => {
    containerd = enclosure.start(['containerd', '--config', join(dir, 'containerd.toml')], `containerd-${spec.name}`);
    return untilReady(containerd, async () => ctr('version') !== '', 20_000);
  };
  await begin();
  return { spec, dir, socket, ctr, importImage, start: begin, stop: async () => containerd?.stop('SIGKILL') };
}

export async function startKubelet(plane: ControlPlane, enclosure: Enclosure, runtime: Runtime, binary: string): Promise<KubeNode> {
  const { spec, dir } = runtime;
  const address = enclosure.addresses.node(spec.index);
  const serving = plane.authority.issue({ commonName: spec.name, hosts: [address, spec.name] });
  writeFileSync(join(dir, 'kubelet.crt'), serving.cert);
  writeFileSync(join(dir, 'kubelet.key'), serving.key, { mode: 0o600 });
  writeFileSync(join(dir, 'ca.crt'), plane.ca);
  // Pods must not inherit the machine's search domains.
  writeFileSync(join(dir, 'resolv.conf'), `nameserver ${enclosure.addresses.host}\n`);
  const cgroupRoot = createCgroup(plane.run, cgroupOf(enclosure.index, spec.name));
  writeFileSync(join(dir, 'kubelet.json'), JSON.stringify(kubeletConfig(dir, address, enclosure.addresses.host, cgroupRoot, runtime.socket)));
  const kubeconfig = plane.kubeconfigFor(`kubelet-${spec.name}`, { commonName: `system:node:${spec.name}`, organizations: ['system:nodes'] });
  const labels = `topology.kubernetes.io/region=${spec.region},topology.kubernetes.io/zone=${spec.region}-a`;
  const command = [
    'unshare', '--mount', '--propagation', 'unchanged', 'sh', '-c', `mount -t tmpfs tmpfs ${kubeletDirectory} && exec "$@"`, 'kubelet', binary, `--config=${join(dir, 'kubelet.json')}`, `--kubeconfig=${kubeconfig}`, `--root-dir=${join(dir, 'kubelet')}`, `--hostname-override=${spec.name}`, `--node-ip=${address}`, `--node-labels=${labels}`,
  ];
  const begin = (): Running => enclosure.start(command, `kubelet-${spec.name}`);
  let kubelet = begin();
  return {
    name: spec.name, region: spec.region, ctr: runtime.ctr, dir,
    get kubelet() {
      return kubelet;
    },
    async lose() {
      const tasks = runtime.ctr('tasks', 'ls').split('\n').flatMap((line) => / (\d+) +RUNNING/.exec(line)?.[1] ?? []);
      await kubelet.stop('SIGKILL');
      await runtime.stop();
      if (tasks.length > 0) enclosure.run(['kill', '-KILL', ...tasks]);
    },
    async restore() {
      await runtime.start();
      kubelet = begin();
    },
  };
}

/** Routed, not bridged: two pods of a node then meet in iptables like any others, so service addresses work between them. */
const podNetwork = (dir: string, subnet: string): object => ({
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    { type: 'ptp', ipam: { type: 'host-local', dataDir: join(dir, 'addresses'), ranges: [[{ subnet }]], routes: [{ dst: '0.0.0.0/0' }] } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
});

const containerdConfig = (dir: string, name: string, socket: string): string => `version = 2
root = "${dir}/containerd"
state = "/run/${name}"
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # A machine without CAP_SYS_RESOURCE may not lower a score, and every sandbox would fail.
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${dir}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;

const kubeletConfig = (dir: string, address: string, dns: string, cgroupRoot: string, socket: string): object => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address,
  healthzBindAddress: address,
  authentication: { anonymous: { enabled: false }, x509: { clientCAFile: join(dir, 'ca.crt') } },
  authorization: { mode: 'Webhook' },
  tlsCertFile: join(dir, 'kubelet.crt'),
  tlsPrivateKeyFile: join(dir, 'kubelet.key'),
  containerRuntimeEndpoint: `unix://${socket}`,
  cgroupDriver: 'cgroupfs',
  cgroupRoot,
  failCgroupV1: false,
  failSwapOn: false,
  enforceNodeAllocatable: [],
  evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'imagefs.available': '1%', 'nodefs.inodesFree': '1%' },
  imageGCHighThresholdPercent: 100,
  clusterDNS: [dns],
  clusterDomain: 'cluster.local',
  resolvConf: join(dir, 'resolv.conf'),
  podLogsDir: join(dir, 'logs'),
  volumePluginDir: join(dir, 'plugins'),
  nodeStatusUpdateFrequency: '5s',
  serializeImagePulls: false,
  // A person who tests waits for config to arrive in pods: seconds, not the usual minute.
  syncFrequency: '10s',
  // A process that is killed again and again by a test is not broken.
  crashLoopBackOff: { maxContainerRestartPeriod: '1s' },
});
