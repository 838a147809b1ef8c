import type { ContainerStart, Exit, PodRuntime, RunningContainer } from '../../../local/kube/pods/pod-runtime.ts';
import { nodeConfigSchema, type NodeConfig } from '../../../shared/kube/documents.ts';
import { labels, mounts, nodeConfigKey } from '../../../shared/kube/names.ts';
import type { Rng } from '../world/rng.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { ShardNode } from '../moves/shard-node.ts';
import { badImage } from './names.ts';
import type { SimSnapshots } from './sim-snapshots.ts';
import { added } from './versions.ts';

/** A container that runs: its process, once it has started. */
export interface SimProcess {
  readonly pod: string;
  readonly podUid: string;
  readonly region: string;
  readonly shard: number;
  readonly image: string;
  node: ShardNode | undefined;
  /** The claim behind its data folder; undefined: it has none. */
  readonly claim: string | undefined;
  snapshots: SimSnapshots | undefined;
  /** Keeps them from now on; undefined: it has no volume. */
  makeSnapshots: (() => SimSnapshots) | undefined;
  readonly isOver: () => boolean;
  /** As the node was configured at its start, by file or by push. */
  config: Pick<NodeConfig, 'minInSync' | 'revision'>;
  /** SIGTERM was sent. */
  terminating: boolean;
  readonly end: (exit: Exit) => void;
}

export interface SimPodsOptions {
  readonly world: Scheduler;
  readonly rng: Rng;
  /** Makes the process of a container that has come up: its node is there when it takes its place in the shard. */
  readonly boot: (process: SimProcess) => void;
  /** The process is gone. */
  readonly gone: (process: SimProcess) => void;
  readonly isReady: (node: ShardNode) => boolean;
}

const mostHandOverMs = 15_000;
const handOverTickMs = 20;
const mostFileLagMs = 8_000;

/** What kubelets do with machines here: containers are simulated nodes. */
export function createSimPods({ world, rng, boot, gone, isReady }: SimPodsOptions) {
  const processes = new Map<string, SimProcess>();
  let addresses = 0;
  const lingerMs = rng.pick([0, 500, 3_000]);

  const start = (given: ContainerStart, exited: (exit: Exit) => void): RunningContainer => {
    const { metadata } = given.pod;
    const [container] = (given.pod.spec?.containers ?? []) as readonly { readonly image?: string }[];
    let over = false;
    const end = (exit: Exit): void => {
      if (over) return;
      over = true;
      if (processes.get(process.pod) === process) processes.delete(process.pod);
      process.snapshots?.end();
      gone(process);
      world.at(world.nowMs(), () => exited(exit));
    };
    const process: SimProcess = {
      pod: metadata.name, podUid: metadata.uid ?? '', region: metadata.labels?.[labels.region] ?? '', shard: Number(metadata.labels?.[labels.shard]), image: container?.image ?? '',
      node: undefined, snapshots: undefined, makeSnapshots: undefined, isOver: () => over, claim: claimIn(given.inputs), config: configIn(given.inputs) ?? { minInSync: 1 }, terminating: false, end,
    };
    processes.set(process.pod, process);
    world.at(world.nowMs() + 50 + rng.unit() * 250, () => {
      if (over) return;
      if (process.image === badImage) end({ exitCode: 1 });
      else boot(process);
    });
    return {
      terminate: () => terminate(process),
      kill: () => end({ exitCode: 137, signal: 9 }),
      // A mounted file is late.
      refresh: (inputs) => void world.at(world.nowMs() + rng.unit() * mostFileLagMs, () => {
        const config = configIn(inputs);
        if (config !== undefined && (config.revision ?? 0) >= (process.config.revision ?? 0)) process.config = config;
      }),
      probe({ path }, done) {
        world.at(world.nowMs() + 1, () => {
          const { node } = process;
          if (over || node === undefined) return done('starting');
          if (node.paused) return void world.at(world.nowMs() + 1_000, () => done('no answer'));
          return done(path === '/readyz' && !isReady(node) ? 'not in sync' : undefined);
        });
      },
    };
  };

  /** SIGTERM: a primary hands over first, as production's node does. */
  const terminate = (process: SimProcess): void => {
    const { node } = process;
    if (process.terminating) return;
    process.terminating = true;
    if (node === undefined) return process.end({ exitCode: 143 });
    let untilMs = world.nowMs() + mostHandOverMs;
    const lingersUntilMs = world.nowMs() + lingerMs;
    const look = (): void => node.run(() => {
      const { config } = node.member.state;
      // As long as another copy lives it may come in sync: only whoever has none ends at once.
      const others = [...processes.values()].some((one) => one !== process && one.region === process.region && one.shard === process.shard && one.node?.alive === true);
      if (node.member.sealed() !== undefined) return process.end({ exitCode: 0 });
      // Clients that come late are sent on, and copies are not fewer sooner than they must.
      if (!node.leads && config?.primary !== node.name && others && world.nowMs() < lingersUntilMs) {
        untilMs = world.nowMs() + mostHandOverMs;
        return void world.at(world.nowMs() + handOverTickMs, look);
      }
      if (world.nowMs() >= untilMs || (!node.leads && config?.primary !== node.name) || (node.leads && !others)) return process.end({ exitCode: 0 });
      node.switchover(undefined);
      world.at(world.nowMs() + handOverTickMs, look);
    });
    look();
  };

  const runtime: PodRuntime = {
    nodeName: 'machine',
    place(_pod, done) {
      addresses += 1;
      const podIP = `10.${128 + Math.floor(addresses / 62_500)}.${Math.floor(addresses / 250) % 250}.${1 + (addresses % 250)}`;
      world.at(world.nowMs() + 10 + rng.unit() * 90, () => done({ podIP }));
    },
    start,
    release: () => undefined,
  };
  return { runtime, processes };
}

function claimIn({ mounts: mounted }: ContainerStart['inputs']): string | undefined {
  const volume = mounted.find(({ mountPath }) => mountPath === mounts.data);
  return volume?.kind === 'claim' ? volume.claim : undefined;
}

function configIn({ mounts: mounted }: ContainerStart['inputs']): NodeConfig | undefined {
  const files = mounted.find(({ mountPath }) => mountPath === mounts.config);
  const bytes = files?.kind === 'files' ? files.files.get(nodeConfigKey) : undefined;
  return bytes === undefined ? undefined : nodeConfigSchema.parse({ ...(JSON.parse(new TextDecoder().decode(bytes)) as object), ...added });
}
