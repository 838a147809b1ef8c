import type { NamespaceSettings, NamespacesDocument } from '../../shared/namespaces/document.ts';
import type { KubeObject } from '../kube/port.ts';
import { canonicalJson } from '../resources/canonical.ts';
import { uidOf, type Observed } from './observed.ts';
import type { Verdict } from './verdicts.ts';

/** Deleted namespaces are told of for so many more deletions: a node that was away finds its own among them. */
const mostRetired = 256;

/**
 * What the nodes are to have: the document that is kept, where nothing has changed, else one with the next revision. Undefined when there never was a
 * namespace.
 */
export function nextDocument(observed: Observed, verdicts: ReadonlyMap<KubeObject, Verdict>): NamespacesDocument | undefined {
  const before = newestKept(observed);
  const settings = [...verdicts.values()].flatMap((verdict) => (verdict.kind === 'in force' ? [verdict.settings] : []));
  const retired = retiredBy(verdicts, settings, before);
  if (before === undefined && settings.length + retired.length === 0) return undefined;
  const wanted = settings.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  // A node that has seen more than is kept has seen what was lost: it must be told something newer still.
  const seen = Math.max(0, ...observed.pods.map(({ applied }) => applied ?? 0));
  if (before !== undefined && seen <= before.revision && isSame(before, wanted, retired)) return before;
  const revision = Math.max(before?.revision ?? 0, seen) + 1;
  const known = new Map((before?.namespaces ?? []).map((one) => [one.uid, one]));
  return { formatVersion: 1, revision, namespaces: wanted.map((one) => dated(one, known.get(one.uid), revision)), retired };
}

/** The regions' copies differ only while one of them is being written. */
function newestKept({ kept }: Observed): NamespacesDocument | undefined {
  return [...kept.values()].reduce<NamespacesDocument | undefined>((newest, { document: one }) => (one !== undefined && one.revision > (newest?.revision ?? 0) ? one : newest), undefined);
}

function retiredBy(verdicts: ReadonlyMap<KubeObject, Verdict>, active: readonly NamespaceSettings[], before: NamespacesDocument | undefined): NamespacesDocument['retired'] {
  const earlier = before?.retired ?? [];
  const isActive = new Set(active.map(({ uid }) => uid));
  const isKnown = new Set(earlier.map(({ uid }) => uid));
  const inForce = new Map((before?.namespaces ?? []).map(({ uid, name }) => [uid, name]));
  const more = [...verdicts].flatMap(([object, verdict]) => {
    const uid = uidOf(object);
    const name = inForce.get(uid);
    return verdict.kind === 'leaving' && verdict.flush && name !== undefined && !isKnown.has(uid) ? [{ name, uid }] : [];
  });
  return [...earlier, ...more].filter(({ uid }) => !isActive.has(uid)).slice(-mostRetired);
}

const undated = ({ revision: _revision, ...settings }: NamespaceSettings): Omit<NamespaceSettings, 'revision'> => settings;

function isSame(before: NamespacesDocument, wanted: readonly NamespaceSettings[], retired: NamespacesDocument['retired']): boolean {
  return canonicalJson([before.namespaces.map(undated), before.retired]) === canonicalJson([wanted, retired]);
}

/** Settings that are as they were keep the revision that they came with. */
function dated(settings: NamespaceSettings, before: NamespaceSettings | undefined, revision: number): NamespaceSettings {
  const unchanged = before?.revision !== undefined && canonicalJson(undated(before)) === canonicalJson(settings);
  return { ...settings, revision: unchanged ? before.revision : revision };
}
