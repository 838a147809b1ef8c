import { KubeError, type KubeObject } from '../../../operator/kube/port.ts';
import type { JsonObject } from '../../../shared/resources/admission/json.ts';
import { type ApiKind, apiVersionOf } from '../kinds/api-kind.ts';
import { type FieldSet, compare, difference, emptySet, equalSets, intersection, isEmpty, pathsOf, setOf, union } from './field-set.ts';
import { type Manager, type Writer, managersOf, ownable, ownableSchema, sameManager, wholeOwnable } from './managed-fields.ts';
import { mergeValues, removeFields } from './merge.ts';

export interface Applied {
  readonly object: KubeObject;
  readonly managers: readonly Manager[];
}

/**
 * Server-side apply: lays `config` over `live`, removes what this manager applied before and no longer does (unless another
 * owns it too), and refuses, or with `force` takes over, fields that another manager owns with another value.
 */
export function applyFields(kind: ApiKind, live: KubeObject, config: KubeObject, writer: Writer, force: boolean): Applied {
  const schema = ownableSchema(kind);
  const wanted = ownable(kind, config, writer.subresource);
  const wantedSet = setOf(wanted, schema);
  const managers = managersOf(live);
  const own = managers.find((manager) => sameManager(manager, writer));
  const others = managers.filter((manager) => !sameManager(manager, writer));
  const before = wholeOwnable(kind, live);
  const merged = mergeValues(before, wanted, schema);
  const owned = others.reduce((all, manager) => union(all, manager.fields), wantedSet);
  const gone = difference(own?.fields ?? emptySet, wantedSet);
  const after = (removeFields(merged, gone, owned, schema) ?? {}) as JsonObject;
  const { added, modified, removed } = compare(before, after, schema);
  const changed = union(added, modified);
  refuseConflicts(others, changed, force);
  const left = others.map((manager) => ({ ...manager, fields: difference(difference(manager.fields, changed), removed) }));
  const time = own && equalSets(own.fields, wantedSet) ? own.time : writer.time;
  return { object: withBody(live, after), managers: [...left, { ...writer, apiVersion: apiVersionOf(kind), time, fields: wantedSet }] };
}

function withBody(live: KubeObject, after: JsonObject): KubeObject {
  const { labels: _labels, annotations: _annotations, ownerReferences: _owners, finalizers: _finalizers, ...identity } = live.metadata;
  return { apiVersion: live.apiVersion, kind: live.kind, ...after, metadata: { ...identity, ...(after.metadata as object | undefined) } };
}

function refuseConflicts(others: readonly Manager[], changed: FieldSet, force: boolean): void {
  if (force) return;
  const conflicts = others.flatMap((manager) => {
    const common = intersection(manager.fields, changed);
    return isEmpty(common) ? [] : pathsOf(common).map((path) => ({ who: printedManager(manager), path }));
  });
  if (conflicts.length === 0) return;
  const causes = conflicts.map(({ who, path }) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field: path }));
  throw new KubeError(409, 'Conflict', conflictMessage(conflicts), { causes });
}

function conflictMessage(conflicts: readonly { readonly who: string; readonly path: string }[]): string {
  if (conflicts.length === 1) return `Apply failed with 1 conflict: conflict with ${conflicts[0].who}: ${conflicts[0].path}`;
  const managers = [...new Set(conflicts.map(({ who }) => who))].toSorted();
  const lines = managers.flatMap((who) => [`conflicts with ${who}:`, ...conflicts.filter((conflict) => conflict.who === who).map(({ path }) => `- ${path}`)]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function printedManager({ manager, operation, apiVersion, subresource, time }: Manager): string {
  const name = subresource === undefined ? `"${manager}"` : `"${manager}" with subresource "${subresource}"`;
  if (operation === 'Apply') return name;
  return time === undefined ? `${name} using ${apiVersion}` : `${name} using ${apiVersion} at ${time}`;
}
