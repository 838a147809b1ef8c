import type { Condition } from '../../shared/resources/cache-cluster/resource.ts';
import type { CacheNamespaceStatus } from '../../shared/resources/cache-namespace/resource.ts';
import { twoDigits } from '../cluster/status.ts';
import type { KubeObject } from '../kube/port.ts';
import { canonicalJson } from '../resources/canonical.ts';
import { readSpec, statusOf, uidOf, wireNameOf, type Gauges, type Observed } from './observed.ts';
import { appliedIn, type Plan } from './plan.ts';
import type { Verdict } from './verdicts.ts';

type RegionStatus = NonNullable<CacheNamespaceStatus['regions']>[number];

/** The status to write; undefined when the one that is there says it all. */
export function nextStatus(object: KubeObject, verdict: Verdict, observed: Observed, plan: Plan): CacheNamespaceStatus | undefined {
  const previous = statusOf(object);
  const spec = readSpec(object);
  const revision = plan.document?.namespaces.find(({ uid }) => uid === uidOf(object))?.revision;
  const regions = verdict.kind === 'in force' && revision !== undefined ? regionsOf(previous, revision, observed) : undefined;
  const generation = object.metadata.generation ?? 0;
  const findings = findingsOf(verdict, revision, regions ?? []);
  const gauges = observed.gauges?.get(uidOf(object));
  const status: CacheNamespaceStatus = {
    ...previous,
    observedGeneration: generation,
    conditions: findings.map((finding) => dated(finding, previous.conditions ?? [], generation, observed.nowMs)),
    phase: phaseOf(verdict, findings),
    ...(spec === undefined ? {} : { wireName: wireNameOf(object, spec) }),
    revision,
    regions,
    ...(gauges === undefined || verdict.kind !== 'in force' ? {} : shown(gauges)),
  };
  return canonicalJson(status) === canonicalJson(previous) ? undefined : status;
}

/** A region that has these settings says with which revision it got them, or a later one; what others change since is no news. */
function regionsOf(previous: CacheNamespaceStatus, revision: number, observed: Observed): RegionStatus[] {
  return (observed.cluster?.spec.regions ?? []).map(({ name }) => {
    const before = previous.regions?.find((region) => region.name === name)?.appliedRevision;
    const applied = appliedIn(name, observed);
    const stands = before !== undefined && before >= revision && (applied === undefined || applied >= revision);
    const told = stands ? before : applied;
    return { name, ...(told === undefined ? {} : { appliedRevision: told }) };
  });
}

const shown = ({ keys, memoryUsed, hitRatePercent, evictions, throttled }: Gauges): Partial<CacheNamespaceStatus> => ({
  keys: twoDigits(keys),
  memoryUsed: twoDigits(memoryUsed),
  ...(hitRatePercent === undefined ? {} : { hitRatePercent: Math.round(hitRatePercent) }),
  evictions: twoDigits(evictions),
  throttled: twoDigits(throttled),
});

type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

const finding = (type: string, holds: boolean, reason: string, message: string): Finding => ({ type, status: holds ? 'True' : 'False', reason, message });

function findingsOf(verdict: Verdict, revision: number | undefined, regions: readonly RegionStatus[]): readonly Finding[] {
  const [ready, reason, message] = progressOf(verdict, revision, regions);
  const stalled = verdict.kind === 'stalled';
  const warnings = verdict.kind === 'in force' ? verdict.warnings : [];
  return [
    finding('Ready', ready, reason, message),
    finding('Reconciling', !ready && !stalled, ready ? 'Settled' : stalled ? 'Stalled' : reason, stalled ? 'see the condition Stalled' : message),
    stalled ? finding('Stalled', true, verdict.reason, verdict.message) : finding('Stalled', false, 'NotStalled', 'nothing stands in the way'),
    warnings.length > 0 ? finding('ConfigurationWarning', true, 'NoEffect', warnings.join('; ')) : finding('ConfigurationWarning', false, 'None', 'nothing to warn about'),
  ];
}

function progressOf(verdict: Verdict, revision: number | undefined, regions: readonly RegionStatus[]): readonly [boolean, string, string] {
  if (verdict.kind === 'leaving') return [false, 'Deleting', verdict.flush ? 'its keys are being removed in every region' : 'it is being deleted; its keys stay'];
  if (verdict.kind !== 'in force') return [false, verdict.reason, verdict.message];
  const behind = regions.filter(({ appliedRevision }) => appliedRevision === undefined || appliedRevision < (revision ?? 0)).map(({ name }) => name);
  if (revision === undefined || behind.length > 0) return [false, 'Pushing', `revision ${revision ?? 'next'} is not yet in force in ${behind.length} of ${regions.length} regions: ${behind.join(', ')}`];
  return [true, 'InForce', `revision ${revision} is in force in ${regions.length} of ${regions.length} regions`];
}

function phaseOf(verdict: Verdict, findings: readonly Finding[]): string {
  if (verdict.kind === 'leaving') return 'Deleting';
  if (verdict.kind === 'stalled') return 'Stalled';
  if (verdict.kind === 'waiting') return 'Waiting';
  return findings[0].status === 'True' ? 'Ready' : 'Pushing';
}

/** Since when a condition holds: changes with its status only. Seconds, as the API keeps them. */
function dated(finding: Finding, previous: readonly Condition[], observedGeneration: number, nowMs: number): Condition {
  const before = previous.find(({ type }) => type === finding.type);
  const lastTransitionTime = before?.status === finding.status ? before.lastTransitionTime : new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return { ...finding, observedGeneration, lastTransitionTime };
}
