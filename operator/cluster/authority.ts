import type { LeaseConfig, OwnershipMap, Targets } from '../../shared/kube/documents.ts';
import type { NodeStatus } from '../../shared/admin/contract.ts';
import { labels, shardName, slotsConfigMap } from '../../shared/kube/names.ts';
import { slotCount } from '../../shared/slots/crc16.ts';
import { countSlots } from '../../shared/slots/ranges.ts';
import type { KubeObject } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { hashOf } from '../resources/canonical.ts';
import { firstOwnershipMap, ownershipMap } from '../resources/config-maps.ts';
import { lease, newbornLease, type LeaseState } from '../resources/lease.ts';
import { ownedBy } from '../resources/metadata.ts';
import { statusOf } from './intent.ts';
import { keepMetadata } from './keep-metadata.ts';
import { leaseFault } from './lease-sense.ts';
import { regionOf, shardOf } from './observed.ts';
import { act, find, inTheWay, problem, together, type StepInput, type StepResult } from './step.ts';

/** Above every epoch that anyone may have seen: how far a Lease or map that had to be made anew starts (architecture.md). */
const epochGap = 1000;

/** Step: who serves a shard (Leases), and who owns a slot (maps). */
export function authority(input: StepInput): StepResult {
  const { intent } = input;
  return together(
    intent.regions.flatMap((region) => [
      ownership(input, region.name),
      ...Array.from({ length: intent.shards }, (_, shard) => shardLease(input, region.name, shard)),
    ]),
  );
}

/** Whether nodes of the region may have seen epochs: then a missing Lease or map is a loss, not a beginning. */
function wasBorn(input: StepInput, region: string, shard?: number): boolean {
  const isOfIt = (object: KubeObject): boolean => regionOf(object) === region && (shard === undefined || shardOf(object) === shard);
  const floor = statusOf(input.observed.cluster).regions?.find(({ name }) => name === region)?.epochFloor;
  return floor !== undefined || input.observed.pods.some(isOfIt) || [...input.observed.objects.values()].some((object) => object.kind === 'StatefulSet' && isOfIt(object) && object.metadata.labels?.[labels.clusterUid] === input.intent.uid);
}

function shardLease(input: StepInput, region: string, shard: number): StepResult {
  const { intent } = input;
  const name = shardName(intent.name, region, shard);
  const found = find(input, 'Lease', name);
  if (found.kind === 'ours') return repairedLease(input, region, shard, found.object) ?? keepMetadata(input, resourceTypes.lease, found.object, { region, shard }, intent.retainData ? undefined : ownedBy(intent));
  if (found.kind !== 'absent') return inTheWay(input, found);
  const state = isNewShard(input, region, shard) ? newShardLease(input, region, shard) : wasBorn(input, region, shard) ? recoveredLease(input, region, shard) : newbornLease(hashOf([intent.uid, name]));
  if (typeof state === 'string') return problem('LeaseMissing', `Lease ${name} is gone: ${state}`);
  return act({ kind: 'create', type: resourceTypes.lease, object: lease(intent, region, shard, state) });
}

const bornWith = ({ resharding }: StepInput, region: string): Targets['ranges'] => resharding.regions.find(({ name }) => name === region)?.now.ranges ?? [];

/** One that a region gets later, or again: it owns nothing, and nobody has its data. */
function isNewShard({ observed, resharding }: StepInput, region: string, shard: number): boolean {
  const map = resharding.regions.find(({ name }) => name === region)?.map;
  if (map === undefined || observed.pods.some((pod) => regionOf(pod) === region && shardOf(pod) === shard)) return false;
  return !map.ranges.some((range) => range.shard === shard) && !map.moves.some(({ source, target }) => source === shard || target === shard);
}

/** Above whatever the region has seen: there may have been such a shard before. */
function newShardLease(input: StepInput, region: string, shard: number): LeaseState {
  const epoch = floorOf(input, region) + epochGap;
  return { epoch, config: newbornLease(hashOf([input.intent.uid, region, shard, epoch])).config };
}

const floorOf = (input: StepInput, region: string): number => statusOf(input.observed.cluster).regions?.find(({ name }) => name === region)?.epochFloor ?? 0;

/** One that was edited to nonsense, from which no node serves: what the nodes say is written over it, above every epoch, as if it had been lost. */
function repairedLease(input: StepInput, region: string, shard: number, found: KubeObject): StepResult | undefined {
  const fault = leaseFault(found);
  if (fault === undefined) return undefined;
  const state = recoveredLease(input, region, shard);
  const words = `Lease ${found.metadata.name} makes no sense: ${fault}`;
  if (typeof state === 'string') return problem('LeaseNonsense', `${words}; ${state}`);
  const built = lease(input.intent, region, shard, state);
  const metadata = { ...found.metadata, annotations: { ...found.metadata.annotations, ...built.metadata.annotations } };
  return act({ kind: 'replace', type: resourceTypes.lease, object: { ...built, metadata }, repairs: words });
}

/** Every pod of the shard must have been asked: one that was not may have seen a higher epoch. */
function recoveredLease(input: StepInput, region: string, shard: number): LeaseState | string {
  const { observed, intent } = input;
  const pods = observed.pods.filter((pod) => regionOf(pod) === region && shardOf(pod) === shard);
  if (pods.length === 0) return 'no pod of the shard is there to say what it was; restore it from a backup, or delete and recreate the cluster';
  const silent = pods.find((pod) => !observed.reports.has(pod.metadata.name));
  if (silent) return `pod ${silent.metadata.name} does not answer what epoch it has seen; it is made anew once it does`;
  const reports = [...observed.reports.values()].filter((report) => report.region === region);
  const members = reports.filter((report) => report.shard === shard);
  const epoch = Math.max(floorOf(input, region), ...reports.map((report) => report.epoch)) + epochGap;
  const nonce = hashOf([intent.uid, region, shard, epoch]);
  const primary = members.filter((report) => report.role === 'primary').toSorted((a, b) => b.epoch - a.epoch)[0];
  if (primary) return { epoch, primary: primary.pod, config: configOf(primary, members, nonce) };
  if (members.some((report) => report.epoch > 0)) return 'no pod of the shard is its primary; restore it from a backup, or delete and recreate the cluster';
  return { epoch, config: newbornLease(nonce).config };
}

/** The in-sync set as the primary sees it, as far as those members still are who they were. */
function configOf(primary: NodeStatus, members: readonly NodeStatus[], nonce: string): LeaseConfig {
  const known = new Map(members.map((member) => [member.pod, member.incarnation]));
  const isr = [primary.pod, ...primary.isr.filter((pod) => pod !== primary.pod && known.has(pod))];
  return { formatVersion: 1, isr, incarnations: Object.fromEntries(isr.map((pod) => [pod, known.get(pod) ?? ''])), nonce };
}

function ownership(input: StepInput, region: string): StepResult {
  const { intent } = input;
  const name = slotsConfigMap(intent.name, region);
  const found = find(input, 'ConfigMap', name);
  if (found.kind === 'ours') return keepMetadata(input, resourceTypes.configMap, found.object, { region }, intent.retainData ? undefined : ownedBy(intent));
  if (found.kind !== 'absent') return inTheWay(input, found);
  if (!wasBorn(input, region)) return act({ kind: 'create', type: resourceTypes.configMap, object: firstOwnershipMap(intent, region, bornWith(input, region)) });
  const document = recoveredMap(input, region);
  if (typeof document === 'string') return problem('MapMissing', `ConfigMap ${name} is gone: ${document}`);
  return act({ kind: 'create', type: resourceTypes.configMap, object: ownershipMap(intent, region, document) });
}

/** From what the primaries say that they own: every slot once, or not at all. */
function recoveredMap(input: StepInput, region: string): OwnershipMap | string {
  const { observed } = input;
  const silent = observed.pods.find((pod) => regionOf(pod) === region && !observed.reports.has(pod.metadata.name));
  if (silent) return `pod ${silent.metadata.name} does not answer what it owns; the map is made anew once it does`;
  const reports = [...observed.reports.values()].filter((report) => report.region === region);
  const version = Math.max(floorOf(input, region), ...reports.map((report) => report.ownershipVersion)) + epochGap;
  const ranges = reports
    .filter((report) => report.role === 'primary')
    .flatMap((report) => (report.ownedRanges ?? []).map((range) => ({ ...range, shard: report.shard, generation: range.generation + epochGap })))
    .toSorted((a, b) => a.from - b.from);
  const contiguous = ranges.every((range, index) => range.from === (index === 0 ? 0 : ranges[index - 1].to + 1));
  if (!contiguous || countSlots(ranges) !== slotCount) return 'the primaries do not say that they own every slot exactly once; restore it from a backup';
  return { formatVersion: 1, version, ranges, moves: [] };
}
