import { mostSettingsBytes, settingsBytes } from '../../shared/namespaces/parts.ts';
import type { NamespaceSettings } from '../../shared/namespaces/document.ts';
import { reservedName } from '../../shared/resources/cache-namespace/rules.ts';
import type { KubeObject } from '../kube/port.ts';
import { refusalOf } from './allowed.ts';
import { isLeaving, readSpec, uidOf, type Observed } from './observed.ts';
import { settingsOf } from './settings.ts';

/** What becomes of one CacheNamespace. */
export type Verdict =
  | { readonly kind: 'in force'; readonly settings: NamespaceSettings; readonly warnings: readonly string[] }
  /** It comes by itself. */
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  /** Only a person can change it. */
  | { readonly kind: 'stalled'; readonly reason: 'InvalidSpec' | 'NotAllowed' | 'NameTaken' | 'TooManyNamespaces'; readonly message: string }
  /** Deleted; its keys are to go with it or not. */
  | { readonly kind: 'leaving'; readonly flush: boolean };

const mostNamespaces = 1_000;

/** What the document holds so far. */
interface Admitted {
  count: number;
  bytes: number;
}

/** Every CacheNamespace of the cluster, in the order in which they have a right to a name: the oldest first, then by UID. */
export function verdictsOf(observed: Observed): ReadonlyMap<KubeObject, Verdict> {
  const names = new Map<string, KubeObject>();
  const admitted: Admitted = { count: 0, bytes: 0 };
  const verdicts = new Map<KubeObject, Verdict>();
  for (const object of observed.namespaces.toSorted(byRight)) verdicts.set(object, verdictOn(object, observed, names, admitted));
  return verdicts;
}

function byRight(a: KubeObject, b: KubeObject): number {
  const [left, right] = [a, b].map((object) => `${object.metadata.creationTimestamp ?? ''} ${uidOf(object)}`);
  return left < right ? -1 : left > right ? 1 : 0;
}

function verdictOn(object: KubeObject, observed: Observed, names: Map<string, KubeObject>, admitted: Admitted): Verdict {
  const { cluster, key } = observed;
  const spec = readSpec(object);
  if (spec === undefined) return isLeaving(object) ? { kind: 'leaving', flush: false } : stalled('InvalidSpec', 'the spec does not fit the schema of this operator: update the CRDs, or correct the spec');
  const token = observed.webhookTokens.get(uidOf(object));
  const settings = settingsOf(object, spec, token);
  // Written before admission refused it, or past it.
  if (settings.name === reservedName && !isLeaving(object)) return stalled('InvalidSpec', `the name ${reservedName} stands for the keys that belong to no CacheNamespace: delete this one and create it with another spec.name`);
  const owner = names.get(settings.name);
  // A name is kept until the keys are gone: the next of that name must not find them.
  if (owner === undefined && cluster !== undefined && refusalOf(object, cluster, observed.labels) === undefined) names.set(settings.name, object);
  if (isLeaving(object)) return { kind: 'leaving', flush: spec.deletionPolicy === 'Flush' };
  if (cluster === undefined) return { kind: 'waiting', reason: 'ClusterMissing', message: `there is no CacheCluster ${key}: it comes into force when there is one` };
  const refusal = refusalOf(object, cluster, observed.labels);
  if (refusal !== undefined) return stalled('NotAllowed', refusal);
  if (owner !== undefined) return stalled('NameTaken', `the name ${settings.name} in CacheCluster ${key} belongs to CacheNamespace ${owner.metadata.namespace}/${owner.metadata.name}, which is older: delete this one and create it with another spec.name`);
  const bytes = admitted.bytes + settingsBytes({ ...settings, revision: Number.MAX_SAFE_INTEGER });
  if (admitted.count >= mostNamespaces || bytes > mostSettingsBytes) return stalled('TooManyNamespaces', `CacheCluster ${key} has ${admitted.count} namespaces, and more would not fit: delete others, or use another cluster`);
  admitted.count += 1;
  admitted.bytes = bytes;
  return { kind: 'in force', settings, warnings: warningsOf(object, settings, observed) };
}

const stalled = (reason: Extract<Verdict, { kind: 'stalled' }>['reason'], message: string): Verdict => ({ kind: 'stalled', reason, message });

/** What is asked for and has no effect. */
function warningsOf(object: KubeObject, settings: NamespaceSettings, { cluster, users }: Observed): readonly string[] {
  const warnings: string[] = [];
  if (settings.access.length > 0 && cluster?.authEnabled === false) warnings.push('spec.access has no effect: clients of the cluster need not say who they are (spec.auth.enabled of the CacheCluster)');
  else {
    const unknown = users === undefined ? [] : settings.access.map(({ user }) => user).filter((user) => !users.has(user));
    if (unknown.length > 0) warnings.push(`spec.access names ${unknown.length === 1 ? `user ${unknown[0]}, who is` : `users ${unknown.join(', ')}, who are`} not in the users Secret of the cluster: nobody can be that user until its key users.acl has \`user ${unknown[0]} on >PASSWORD\``);
  }
  const wantsToken = readSpec(object)?.invalidation?.webhookTokenSecretRef;
  if (wantsToken !== undefined && settings.invalidation?.webhookTokenSha256 === undefined) warnings.push(`Secret ${wantsToken.name} has no key token: calls of the webhook are refused until it has`);
  return warnings;
}
