import { reportMoves } from '../../../node/moves/report.ts';
import type { NodeApi, NodeTarget } from '../../../operator/node-api/node-api.ts';
import type { NodeStatus } from '../../../shared/admin/contract.ts';
import type { ShardNode } from '../moves/shard-node.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { SimProcess } from './sim-pods.ts';
import { snapshotOf } from './sim-snapshots.ts';
import { added, isNext } from './versions.ts';

const bytesAKey = 100;
const switchoverMs = 1_500;

/** As production's probes have it: leads under a committed Lease, or is in sync. */
export function isReady(node: ShardNode): boolean {
  const { role, serving, config, receiving } = node.member.state;
  if (role === 'primary') return serving;
  return role === 'replica' && receiving === undefined && config?.isr.includes(node.name) === true && config.incarnations[node.name] === node.incarnation;
}

function roleOf(node: ShardNode): NodeStatus['role'] {
  if (node.leads) return 'primary';
  if (isReady(node)) return 'replica';
  return node.member.state.receiving === undefined ? 'waiting' : 'syncing';
}

const optionally = <T>(name: string, value: T | undefined): Record<string, T> => (value === undefined ? {} : { [name]: value });

function statusOf(node: ShardNode, process: SimProcess): NodeStatus {
  const { config } = node.member.state;
  const role = roleOf(node);
  return {
    formatVersion: 1, ...(isNext(process.image) ? added : {}), pod: node.name, podUid: node.podUid, incarnation: node.incarnation, version: process.image, region: process.region, shard: node.shard, role, epoch: config?.epoch ?? 0,
    ...(config?.primary === undefined ? {} : { primary: config.primary }), isr: [...(config?.isr ?? [])], slotsOwned: node.slotsOwned(), ownershipVersion: node.map?.version ?? 0,
    ownedRanges: (node.map?.ranges ?? []).filter(({ shard }) => shard === node.shard).map(({ from, to, generation }) => ({ from, to, generation })),
    ...(role === 'primary' ? { moves: reportMoves(node.mover.state) } : {}), ...(node.targets === undefined ? {} : { targetsGeneration: node.targets.generation }),
    keys: node.store.entries.size, memoryUsedBytes: node.store.entries.size * bytesAKey, memoryLimitBytes: 1e8, opsPerSecond: 10,
    ...optionally('snapshot', snapshotOf(process.snapshots, node)),
    ...(process.config.revision === undefined ? {} : { configRevision: String(process.config.revision) }),
  };
}

/** The admin ports of all nodes. Rejects where no process answers; one that stands still answers when it goes on. */
export function createSimNodeApi(world: Scheduler, processes: ReadonlyMap<string, SimProcess>, touched: () => void): NodeApi {
  const ask = <T>({ pod, podUid }: NodeTarget, question: (node: ShardNode, process: SimProcess, answer: (value: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      const process = processes.get(pod);
      const { node } = process ?? {};
      if (process === undefined || node === undefined || process.podUid !== podUid) reject(new Error(`${pod} does not answer`));
      else node.run(() => question(node, process, (value) => {
        touched();
        resolve(value);
      }));
    });
  return {
    status: (target) => ask(target, (node, process, answer) => answer(statusOf(node, process))),
    switchover: (target, to) => ask(target, (node, process, answer) => {
      const untilMs = world.nowMs() + switchoverMs;
      const look = (): void => node.run(() => {
        const led = node.leads || node.member.state.config?.primary === node.name;
        if (!led || world.nowMs() >= untilMs || process.snapshots?.isFrozen() === true) return answer(!led);
        node.switchover(to);
        world.at(world.nowMs() + 20, look);
      });
      if (node.leads) look();
      else answer(false);
    }),
    applyConfig: (target, { revision, minInSync = 1 }) => ask(target, (_node, process, answer) => {
      if (revision > (process.config.revision ?? 0)) process.config = { minInSync, revision };
      answer(process.config.revision ?? 0);
    }),
    targetsChanged: (target) => ask(target, (node, _process, answer) => {
      node.targetsChanged();
      world.at(world.nowMs() + 30, () => answer(node.targets?.generation as number));
    }),
    hibernate: (target, on) => ask(target, (_node, process, answer) => answer((on ? process.makeSnapshots?.() : process.snapshots)?.keeper.hibernate(on))),
    applyNamespaces: () => Promise.reject(new Error('there are no namespaces here')),
    namespaceFigures: () => Promise.reject(new Error('there are no namespaces here')),
  };
}
