import type { NamespacesDocument } from '../../shared/namespaces/document.ts';
import { splitDocument } from '../../shared/namespaces/parts.ts';
import type { KubeObject } from '../kube/port.ts';
import { namespacesPart } from '../resources/namespaces-config-map.ts';
import { nextDocument } from './document.ts';
import { isLeaving, readSpec, type Observed } from './observed.ts';
import { verdictsOf, type Verdict } from './verdicts.ts';

/** What is to be done about the namespaces of one cluster. Pure: the same observation gives the same plan. */
export interface Plan {
  readonly verdicts: ReadonlyMap<KubeObject, Verdict>;
  /** To be pushed to the nodes once it is kept; absent: there is nothing to tell. */
  readonly document?: NamespacesDocument;
  /** Objects that must have the finalizer before the nodes hear of them. */
  readonly toHold: readonly KubeObject[];
  /** Objects whose finalizer may go, with the regions that did not say that their keys are gone. */
  readonly toRelease: readonly { readonly object: KubeObject; readonly unconfirmed: readonly string[] }[];
  /** ConfigMaps to apply, so that every region keeps the document; with the UID of the one that is there. */
  readonly keep: readonly { readonly object: KubeObject; readonly uid: string | undefined }[];
}

/** An object that is deleted with its keys stays until they are gone. */
export const finalizer = 'meridiancache.io/flush';
/** For so long nodes that are away hold up a deletion; those that come back learn it from the document. */
const longestFlushMs = 60_000;

export function plan(observed: Observed): Plan {
  const verdicts = verdictsOf(observed);
  const document = observed.cluster === undefined ? undefined : nextDocument(observed, verdicts);
  const entries = [...verdicts];
  return {
    verdicts,
    document,
    toHold: entries.filter(([object, verdict]) => verdict.kind === 'in force' && !isHeld(object) && readSpec(object)?.deletionPolicy === 'Flush').map(([object]) => object),
    toRelease: entries.filter(([object]) => isLeaving(object) && isHeld(object)).flatMap(([object]) => release(object, observed, document)),
    keep: document === undefined ? [] : keepIn(observed, document),
  };
}

const isHeld = ({ metadata }: KubeObject): boolean => metadata.finalizers?.includes(finalizer) === true;

/** The least revision that the running nodes of a region have in force; undefined while one has not said, or there is none. */
export function appliedIn(region: string, { pods }: Pick<Observed, 'pods'>): number | undefined {
  const revisions = pods.filter((pod) => pod.region === region).map(({ applied }) => applied);
  return revisions.length === 0 || revisions.includes(undefined) ? undefined : Math.min(...(revisions as number[]));
}

function release(object: KubeObject, observed: Observed, document: NamespacesDocument | undefined): Plan['toRelease'] {
  const { cluster, nowMs } = observed;
  if (cluster === undefined || document === undefined || readSpec(object)?.deletionPolicy !== 'Flush') return [{ object, unconfirmed: [] }];
  // A region without nodes has no keys; what comes up later reads the document first.
  const regions = cluster.spec.regions.map(({ name }) => name).filter((region) => observed.pods.some((pod) => pod.region === region));
  const unconfirmed = regions.filter((region) => (appliedIn(region, observed) ?? 0) < document.revision);
  const waitedMs = nowMs - Date.parse(object.metadata.deletionTimestamp ?? '');
  return unconfirmed.length === 0 || waitedMs >= longestFlushMs ? [{ object, unconfirmed }] : [];
}

function keepIn({ cluster, kept }: Observed, document: NamespacesDocument): Plan['keep'] {
  if (cluster === undefined) return [];
  const { name, namespace = 'default', uid = '' } = cluster.object.metadata;
  const parts = splitDocument(document);
  return cluster.spec.regions
    .filter((region) => kept.get(region.name)?.document?.revision !== document.revision)
    .flatMap((region) => parts.map((part) => ({ object: namespacesPart({ name, namespace, uid }, region.name, part), uid: kept.get(region.name)?.uids[part.part] })));
}
