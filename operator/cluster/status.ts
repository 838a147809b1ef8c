import { clientService, labels, ownershipKey, ports, slotsConfigMap } from '../../shared/kube/names.ts';
import type { CacheClusterStatus, Condition } from '../../shared/resources/cache-cluster/resource.ts';
import { countSlots } from '../../shared/slots/ranges.ts';
import { ownershipMapSchema } from '../../shared/kube/documents.ts';
import { previewOf } from '../resharding/preview.ts';
import { canonicalJson } from '../resources/canonical.ts';
import type { ClusterIntent } from '../resources/intent.ts';
import { findingsOf, type Finding } from './conditions.ts';
import { shardsOf, superfluousPods, type ShardHealth } from './health.ts';
import { reasonOf } from './hibernation.ts';
import { runningImage, statusOf } from './intent.ts';
import { epochOf } from './lease-sense.ts';
import { classify, objectId, regionOf, shardOf, type Observed } from './observed.ts';
import { loadsOf } from './slots.ts';
import type { Plan } from './plan.ts';
import type { StepInput } from './step.ts';

type RegionStatus = NonNullable<CacheClusterStatus['regions']>[number];
export type Endpoint = NonNullable<CacheClusterStatus['endpoints']>[number];

export interface StatusOptions {
  /** Gauges (keys, memory) may change now; otherwise they stay as they were written. */
  readonly gaugesDue: boolean;
  /** Where clients connect, when it is not the Service (local mode). */
  readonly endpointOf?: (intent: ClusterIntent, region: string) => Endpoint | undefined;
}

/** The status to write; undefined when the one that is there says it all. */
export function nextStatus(observed: Observed, plan: Plan, options: StatusOptions): CacheClusterStatus | undefined {
  const previous = statusOf(observed.cluster);
  const status = compose(observed, plan, options, previous);
  return canonicalJson(status) === canonicalJson(previous) ? undefined : status;
}

function compose(observed: Observed, plan: Plan, options: StatusOptions, previous: CacheClusterStatus): CacheClusterStatus {
  const intent = plan.input?.intent;
  const shards = intent ? shardsOf(observed, intent) : [];
  const generation = observed.cluster.metadata.generation ?? 0;
  const findings = findingsOf({ plan, shards, superfluous: intent ? superfluousPods(observed, intent) : 0, previous: previous.conditions ?? [] });
  const conditions = findings.map((finding) => dated(finding, previous.conditions ?? [], generation, observed.nowMs));
  const base = { ...previous, observedGeneration: generation, conditions, phase: phaseOf(observed, plan, findings) };
  if (!intent || !plan.input) return base;
  const { resharding } = plan.input;
  const there = resharding.regions.some(({ map }) => map !== undefined) ? intent.shards : 0;
  const regionsStatus = intent.regions.map(({ name }) => regionStatus(observed, name, shards, previous, intent, options.gaugesDue));
  return {
    ...base,
    desiredShards: resharding.wish.shards,
    ...(plan.input.autoscaling ? { autoscaling: plan.input.autoscaling } : {}),
    shards: there,
    selector: selectorOf(intent),
    regions: regionsStatus,
    regionsReady: `${regionsStatus.filter(({ name }) => isServed(shards.filter(({ region }) => region === name))).length}/${regionsStatus.length}`,
    unhealthyShards: plan.input.hibernation.stage === 'asleep' ? [] : shards.filter((shard) => !shard.served || shard.podsRunning < shard.podsWanted || shard.copiesMissing.length > 0).slice(0, 32).map((shard) => shard.name),
    // An applied object that loses all its fields becomes null, which the schema refuses: a plan that is done stays as one of nothing.
    plan: previewOf(resharding, loadsOf(observed, intent.memoryBytes), twoDigits) ?? (previous.plan ? { steps: [], slots: 0, bytes: 0, seconds: 0 } : undefined),
    endpoints: intent.regions.map(({ name }) => options.endpointOf?.(intent, name) ?? serviceEndpoint(intent, name)),
    versions: { image: imageInForce(observed, intent), default: previous.versions?.default ?? defaultOf(observed, plan.input), operator: observed.settings.operatorVersion },
  };
}

const isServed = (shards: readonly ShardHealth[]): boolean => shards.length > 0 && shards.every(({ served, ownsSlots }) => served || !ownsSlots);

/** Since when a condition holds: changes with its status only. Seconds, as the API keeps them. */
function dated(finding: Finding, previous: readonly Condition[], observedGeneration: number, nowMs: number): Condition {
  const before = previous.find((condition) => condition.type === finding.type);
  const lastTransitionTime = before?.status === finding.status ? before.lastTransitionTime : new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return { ...finding, observedGeneration, lastTransitionTime };
}

/** One word for people. */
function phaseOf(observed: Observed, plan: Plan, findings: readonly Finding[]): string {
  const holds = (type: string): boolean => findings.some((finding) => finding.type === type && finding.status === 'True');
  if (observed.cluster.metadata.deletionTimestamp !== undefined) return 'Deleting';
  if (plan.paused) return 'Paused';
  if (holds('Stalled')) return 'Stalled';
  const { stage } = plan.input?.hibernation ?? { stage: 'awake' };
  if (stage !== 'awake') return reasonOf(stage);
  if (!holds('Ready')) return holds('Degraded') ? 'Degraded' : 'Starting';
  if (holds('Progressing')) return 'Updating';
  return holds('Degraded') ? 'Degraded' : 'Ready';
}

/** One pod per shard: an HPA multiplies by the ready pods that it matches. */
function selectorOf(intent: ClusterIntent): string {
  return `${labels.cluster}=${intent.name},${labels.region}=${intent.regions[0].name},apps.kubernetes.io/pod-index=0`;
}

function serviceEndpoint(intent: ClusterIntent, region: string): Endpoint {
  const host = `${clientService(intent.name, region)}.${intent.namespace}.svc`;
  return { region, redis: `${host}:${ports.redis}`, http: `http://${host}:${ports.http}` };
}

function regionStatus(observed: Observed, region: string, shards: readonly ShardHealth[], previous: CacheClusterStatus, intent: ClusterIntent, gaugesDue: boolean): RegionStatus {
  const mine = shards.filter((shard) => shard.region === region);
  const before = previous.regions?.find(({ name }) => name === region);
  const reports = [...observed.reports.values()].filter((report) => report.region === region && report.role === 'primary');
  const fresh = gaugesDue && reports.length > 0;
  const total = (of: (report: (typeof reports)[number]) => number): number => twoDigits(reports.reduce((sum, report) => sum + of(report), 0));
  const keys = fresh ? total((report) => report.keys) : before?.keys;
  const memoryUsed = fresh ? total((report) => report.memoryUsedBytes) : before?.memoryUsed;
  const lag = gaugesDue ? lagOf(observed, region) : before?.replicationLagMs;
  const epochFloor = floorOf(mine, epochsOf(observed, intent, region), before?.epochFloor);
  return {
    name: region,
    reachable: true,
    shardsReady: mine.filter((shard) => shard.served).length,
    primaries: mine.filter((shard) => shard.primary !== undefined).length,
    slotsOwned: slotsOwned(observed, intent, region),
    ...(keys === undefined ? {} : { keys }),
    ...(memoryUsed === undefined ? {} : { memoryUsed }),
    ...(lag === undefined ? {} : { replicationLagMs: lag }),
    ...(epochFloor === undefined ? {} : { epochFloor }),
  };
}

/** A copy hears of its primary every 100 ms: less than two of those is no lag. */
const leastLagMs = 200;

/** Of the copy in sync that is furthest behind its primary; undefined where none has said. */
function lagOf({ reports }: Observed, region: string): number | undefined {
  const lags = [...reports.values()].flatMap((report) => (report.region === region && report.role === 'replica' && report.replicationLagMs !== undefined ? [report.replicationLagMs] : []));
  if (lags.length === 0) return undefined;
  const worst = Math.max(...lags);
  return worst < leastLagMs ? 0 : twoDigits(worst);
}

/** Present from the moment that all Leases of a region exist, and never lower: from then on a missing one is a loss. */
function floorOf(shards: readonly ShardHealth[], epochs: readonly number[], before: number | undefined): number | undefined {
  if (before === undefined && shards.some(({ epoch }) => epoch === undefined)) return undefined;
  return Math.max(before ?? 0, ...epochs);
}

/** Of every Lease of the region, those of shards that are leaving too: they may come again, above what they were (P4). */
function epochsOf({ objects, settings }: Observed, intent: ClusterIntent, region: string): readonly number[] {
  const counts = (shard = 0): boolean => shard < intent.shards || settings.bugs?.epochForgotten !== true;
  return [...objects.values()].filter((object) => object.kind === 'Lease' && regionOf(object) === region && counts(shardOf(object)) && classify(object, intent).kind === 'ours').map((object) => epochOf(object) ?? 0);
}

function slotsOwned(observed: Observed, intent: ClusterIntent, region: string): number {
  const text = observed.objects.get(objectId('ConfigMap', slotsConfigMap(intent.name, region)))?.data?.[ownershipKey];
  try {
    const map = ownershipMapSchema.safeParse(JSON.parse(text ?? ''));
    return map.success ? countSlots(map.data.ranges) : 0;
  } catch {
    return 0;
  }
}

/** Recorded once: what a spec has that names neither image nor version. */
const defaultOf = ({ settings }: Observed, { spec, intent }: StepInput): string => (spec.image === undefined && spec.version === undefined ? intent.image : settings.defaultImage);

/** What the sets run, not what is asked for; before the first set, what it will run: recorded so that it stays. */
function imageInForce(observed: Observed, intent: ClusterIntent): string {
  return runningImage(observed) ?? intent.image;
}

/** 12345 → 12000: a gauge that moves by a percent is not a change. */
export function twoDigits(value: number): number {
  if (value < 100) return Math.round(value);
  const scale = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Math.round(value / scale) * scale;
}
