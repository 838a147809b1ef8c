import { labels } from '../../shared/kube/names.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { KubeObject, KubePort, ResourceType } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { managedSelector } from '../resources/metadata.ts';
import type { Mirror } from '../runtime/expectations.ts';
import { startInformer, type Informer } from '../runtime/informer.ts';
import { objectKey } from '../runtime/object-key.ts';
import type { RuntimeObserver } from '../runtime/observer.ts';
import { isCordoned, machineOf } from './machines.ts';

/** What the operator makes, by type; only objects that carry our label are kept. */
const ownedTypes: readonly ResourceType[] = [
  resourceTypes.service,
  resourceTypes.networkPolicy,
  resourceTypes.serviceAccount,
  resourceTypes.role,
  resourceTypes.roleBinding,
  resourceTypes.secret,
  resourceTypes.configMap,
  resourceTypes.lease,
  resourceTypes.podDisruptionBudget,
  resourceTypes.statefulSet,
  resourceTypes.persistentVolumeClaim,
];

export interface CachesOptions {
  readonly kube: KubePort;
  readonly ports: Ports;
  readonly log: Logger;
  /** Only these namespaces; absent: all. */
  readonly namespaces?: readonly string[];
  /** Whether Kubernetes' nodes may be watched: they belong to no namespace, so Roles cannot grant it. */
  readonly watchMachines?: boolean;
  /** Whether ServiceMonitors are looked for; absent: there are none (local mode). */
  readonly watchMonitors?: boolean;
  readonly observer?: RuntimeObserver;
  /** A cluster (`namespace/name`) has something new. */
  readonly changed: (key: string) => void;
}

export interface Caches {
  whenSynced(): Promise<boolean>;
  cluster(namespace: string | undefined, name: string): KubeObject | undefined;
  objects(key: string): readonly KubeObject[];
  pods(key: string): readonly KubeObject[];
  /** Kubernetes' nodes, by name; undefined where they may not be watched, or are not known yet: nothing waits for them. */
  machines(): ReadonlyMap<string, KubeObject> | undefined;
  /** Whether ServiceMonitors can be written; undefined while that is not known. */
  monitorsThere(): boolean | undefined;
  mirrorOf(type: ResourceType): Mirror | undefined;
  stop(): void;
}

const byCluster = 'cluster';

/** Mirrors of everything that the controller decides from, filed by cluster. */
export function startCaches(options: CachesOptions): Caches {
  const { changed, ...shared } = options;
  const clusterOf = (object: KubeObject): readonly string[] => {
    const name = object.metadata.labels?.[labels.cluster];
    return name === undefined ? [] : [objectKey(object.metadata.namespace, name)];
  };
  const ours = (type: ResourceType) => ({ ...shared, type, labelSelector: managedSelector, indices: { [byCluster]: clusterOf } });
  const always = [...ownedTypes, resourceTypes.pod].map((type) => startInformer(ours(type)));
  const clusters = startInformer({ ...shared, type: resourceTypes.cacheCluster });
  const asking = (): readonly KubeObject[] => clusters.store.list().filter(({ spec }) => (spec?.metrics as { readonly serviceMonitor?: boolean } | undefined)?.serviceMonitor === true);
  const monitors = options.watchMonitors ? startInformer({ ...ours(resourceTypes.serviceMonitor), optional: () => asking().forEach(({ metadata }) => changed(objectKey(metadata.namespace, metadata.name))) }) : undefined;
  const owned = monitors ? [...always, monitors] : always;
  const machines = options.watchMachines ? startInformer({ ...shared, type: resourceTypes.node, keep: machineOf }) : undefined;
  for (const informer of owned) {
    informer.onChange((change) => {
      if (change.kind !== 'modified' || !isStatusOnly(informer.type, change.object, change.previous)) clusterOf(change.object).forEach(changed);
      // A label that was taken off or changed is news for the cluster that had it.
      if (change.kind === 'modified') clusterOf(change.previous).filter((key) => !clusterOf(change.object).includes(key)).forEach(changed);
    });
  }
  clusters.onChange(({ object }) => changed(objectKey(object.metadata.namespace, object.metadata.name)));

  machines?.onChange((change) => {
    if (isCordoned(change.object) === (change.kind === 'modified' && isCordoned(change.previous))) return;
    const runsThere = ({ spec }: KubeObject): boolean => spec?.nodeName === change.object.metadata.name;
    for (const pod of owned.filter(({ type }) => type === resourceTypes.pod).flatMap(({ store }) => store.list().filter(runsThere))) clusterOf(pod).forEach(changed);
  });

  const needed: readonly Informer[] = [clusters, ...always];
  const all = [clusters, ...owned, ...(machines ? [machines] : [])];
  const mirrors = new Map(all.map((informer) => [informer.type.kind, informer]));
  const objectsOf = (informer: Informer, key: string): readonly KubeObject[] => informer.store.by(byCluster, key).map((object) => typed(informer.type, object));
  return {
    whenSynced: async () => (await Promise.all(needed.map((informer) => informer.whenSynced()))).every(Boolean),
    cluster: (namespace, name) => clusters.store.get(namespace, name),
    objects: (key) => owned.filter(({ type }) => type !== resourceTypes.pod).flatMap((informer) => objectsOf(informer, key)),
    pods: (key) => owned.filter(({ type }) => type === resourceTypes.pod).flatMap((informer) => objectsOf(informer, key)),
    machines: () => (machines?.hasSynced() !== true ? undefined : new Map(machines.store.list().map((machine) => [machine.metadata.name, machine]))),
    monitorsThere: () => (monitors ? monitors.there() : false),
    // What went with its type is not waited for.
    mirrorOf: (type) => (type.kind === resourceTypes.serviceMonitor.kind && monitors?.there() !== true ? undefined : mirrors.get(type.kind)),
    stop: () => all.forEach((informer) => informer.stop()),
  };
}

/** Of the status of these only the generation counts that their controller has seen; the rest changes with every pod. */
const statusIgnored: ReadonlySet<ResourceType> = new Set([resourceTypes.statefulSet, resourceTypes.podDisruptionBudget, resourceTypes.persistentVolumeClaim]);

function isStatusOnly(type: ResourceType, now: KubeObject, before: KubeObject): boolean {
  return statusIgnored.has(type) && decidedFrom(now) === decidedFrom(before);
}

const decidedFrom = ({ metadata, spec, status }: KubeObject): string => {
  const { labels: own, annotations, ownerReferences, deletionTimestamp } = metadata;
  return JSON.stringify([own, annotations, ownerReferences, deletionTimestamp, spec, status?.observedGeneration]);
};

/** Items of a list come without kind and apiVersion from an API server. */
function typed({ group, version, kind }: ResourceType, object: KubeObject): KubeObject {
  return object.kind === kind ? object : { ...object, kind, apiVersion: group === '' ? version : `${group}/${version}` };
}
