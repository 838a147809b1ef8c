import type { KubeObject } from '../kube/port.ts';
import type { RegionIntent } from '../resources/intent.ts';
import { shardsIn, type Copy, type Shard } from './copies.ts';
import { specOf } from './observed.ts';
import { act, nothing, together, type StepInput, type StepResult, type Wait } from './step.ts';

/** What is kept in memory of a Kubernetes node: the rest is long, and changes all the time. */
export function machineOf({ apiVersion, kind, metadata, spec }: KubeObject): KubeObject {
  const { name, uid, resourceVersion, labels } = metadata;
  return { apiVersion, kind, metadata: { name, uid, resourceVersion, labels }, spec: { unschedulable: spec?.unschedulable, taints: spec?.taints } };
}

export const isCordoned = (machine: KubeObject): boolean => machine.spec?.unschedulable === true;

/**
 * Step: a primary on a machine that is cordoned hands over to a copy in sync elsewhere, before its pod is evicted. Whoever drains the
 * machine asks for evictions right after: a pod that is faster hands over when it is told to end.
 */
export function cordons(input: StepInput): StepResult {
  return together(leavingMachines(input).map(({ primary, successor }) => (primary.pod && successor && !primary.going ? act({ kind: 'switchover', object: primary.pod, to: successor.name }) : nothing)));
}

/** What is said of it; there is nothing to wait for: a machine may stay cordoned for long. */
export function pendingCordons(input: StepInput): Wait | undefined {
  const shards = leavingMachines(input);
  if (shards.length === 0) return undefined;
  const moving = shards.filter(({ successor }) => successor !== undefined);
  const [{ primary, successor }] = moving.length > 0 ? moving : shards;
  const machine = machineNameOf(primary);
  if (successor) return { reason: 'MachineCordoned', message: `machine ${machine} is cordoned: ${primary.name} hands over to ${successor.name}${moving.length > 1 ? `, and ${moving.length - 1} more primaries to others` : ''}` };
  return undefined;
}

/** What cannot be done about machines: primaries that nobody elsewhere could take over from, more copies than machines. */
export function machineWarnings(input: StepInput): readonly Wait[] {
  const alone = leavingMachines(input).flatMap(({ shard, primary, successor }) => {
    if (successor !== undefined || primary.pod === undefined) return [];
    const why = shard.copies.length === 1 ? 'it is the only copy of its shard: its keys are lost when the machine is drained (set spec.replicas to 1 before)' : 'no copy of its shard is in sync on another machine yet';
    return [{ reason: 'MachineCordoned', message: `machine ${machineNameOf(primary)} is cordoned with the primary ${primary.name}, and ${why}` }];
  });
  return [...alone, ...input.intent.regions.flatMap((region) => crowded(input, region))];
}

function crowded({ observed }: StepInput, region: RegionIntent): readonly Wait[] {
  const fit = [...(observed.machines?.values() ?? [])].filter((machine) => takes(machine, region)).length;
  const wanted = 1 + region.replicas;
  if (observed.machines === undefined || fit >= wanted) return [];
  const share = fit === 0 ? 'its pods wait for one' : 'copies share machines, and are lost with them';
  return [{ reason: 'TooFewMachines', message: `region ${region.name} asks for ${wanted} pods of each shard, but only ${fit === 1 ? '1 machine' : `${fit} machines`} can take them: ${share}` }];
}

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

/** As the scheduler decides it from labels and taints; what a machine has left is its business alone. */
function takes(machine: KubeObject, { nodeSelector = {}, tolerations = [] }: RegionIntent): boolean {
  const { labels = {} } = machine.metadata;
  const tolerated = ({ key, value = '', effect }: Taint): boolean =>
    (tolerations as readonly Toleration[]).some((one) => (one.effect === undefined || one.effect === '' || one.effect === effect) && (one.operator === 'Exists' ? one.key === undefined || one.key === key : one.key === key && (one.value ?? '') === value));
  const taints = ((specOf(machine).taints ?? []) as readonly Taint[]).filter(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute');
  return !isCordoned(machine) && Object.entries(nodeSelector).every(([name, value]) => labels[name] === value) && taints.every(tolerated);
}

const machineNameOf = ({ pod }: Copy): string => (pod?.spec?.nodeName as string | undefined) ?? '';

interface Leaving {
  readonly shard: Shard;
  readonly primary: Copy;
  /** In sync, on a machine that stays. */
  readonly successor: Copy | undefined;
}

function leavingMachines(input: StepInput): readonly Leaving[] {
  const { machines } = input.observed;
  if (machines === undefined || ![...machines.values()].some(isCordoned)) return [];
  const isLeaving = (copy: Copy): boolean => {
    const machine = machines.get(machineNameOf(copy));
    return machine !== undefined && isCordoned(machine);
  };
  return shardsIn(input).flatMap((shard) => {
    const primary = shard.copies.find((copy) => copy.primary);
    if (primary === undefined || !isLeaving(primary)) return [];
    return [{ shard, primary, successor: shard.copies.find((copy) => !copy.primary && copy.inSync && !copy.going && !isLeaving(copy)) }];
  });
}
