import type { LocalKube } from '../../../local/kube/local-kube.ts';
import type { KubeObject } from '../../../operator/kube/port.ts';
import { regionOf as regionIn, shardOf } from '../../../operator/cluster/observed.ts';
import { leaseConfigSchema } from '../../../shared/kube/documents.ts';
import { annotations } from '../../../shared/kube/names.ts';
import type { CacheClusterStatus } from '../../../shared/resources/cache-cluster/resource.ts';
import type { ClusterRegion } from './sim-region.ts';

interface WatchOptions {
  readonly note: (line: string) => void;
  readonly broken: (what: string) => void;
  readonly regionOf: (name: string) => ClusterRegion;
}

/** What no change of a stored object may do, judged as each is made. */
export function watchOver({ api }: Pick<LocalKube, 'api'>, { note, broken, regionOf }: WatchOptions) {
  const epochs = new Map<string, number>();
  const secrets = new Map<string, string>();
  /** Epochs in which somebody was in sync, by Lease and its UID. */
  const led = new Map<string, { readonly uid: string; readonly epochs: Set<number> }>();
  const planned = { ask: '', hash: '', slots: Infinity };

  const onLease = ({ metadata: { name, uid = '', annotations: own }, spec }: KubeObject): void => {
    const epoch = Number(spec?.leaseTransitions ?? 0);
    if (epoch < (epochs.get(name) ?? 0)) broken(`Lease ${name} fell back from epoch ${epochs.get(name)} to ${epoch}`);
    epochs.set(name, epoch);
    const text = own?.[annotations.config];
    if (led.get(name)?.uid !== uid) led.set(name, { uid, epochs: new Set() });
    if (text !== undefined && leaseConfigSchema.parse(JSON.parse(text)).isr.length > 0) led.get(name)?.epochs.add(epoch);
    note(`Lease ${name} ${epoch} ${String(spec?.holderIdentity)} ${text === undefined ? '' : leaseConfigSchema.parse(JSON.parse(text)).isr.join()}`);
  };
  const onSecret = ({ metadata: { name }, data }: KubeObject): void => {
    const text = JSON.stringify(data);
    if ((secrets.get(name) ?? text) !== text) broken(`Secret ${name} was written anew`);
    secrets.set(name, text);
  };
  /** Of one plan, what is left to do only shrinks while nobody asks for anything else. */
  const onStatus = ({ metadata, spec, status }: KubeObject): void => {
    const { plan, conditions = [] } = (status ?? {}) as CacheClusterStatus;
    const ask = JSON.stringify([spec, metadata.annotations]);
    const { hash = '', slots = 0 } = plan ?? {};
    if (hash !== '' && hash === planned.hash && ask === planned.ask && slots > planned.slots) broken(`plan ${hash} grew from ${planned.slots} slots to ${slots}`);
    Object.assign(planned, { ask, hash, slots });
    note(`status ${conditions.filter((one) => one.status === 'True').map((one) => `${one.type}=${one.reason}`).join(' ')} plan ${hash} ${slots}`);
  };
  const onGone = (object: KubeObject): void => {
    const [region, shard] = [regionIn(object), shardOf(object)];
    const { kind, metadata: { name } } = object;
    if (kind === 'Pod') note(`pod ${name} is gone`);
    if (region === undefined) return;
    if (kind === 'ConfigMap' && name.endsWith('-slots')) broken(`ConfigMap ${name} was deleted`);
    if (shard === undefined || (kind !== 'StatefulSet' && kind !== 'Lease')) return;
    note(`${kind} ${name} is gone`);
    const map = regionOf(region).access.map();
    const owns = map?.ranges.some((one) => one.shard === shard) === true || map?.moves.some((one) => one.source === shard || one.target === shard) === true;
    if (owns) broken(`${kind} ${name} was deleted while its shard has slots`);
    const leader = regionOf(region).wires.living().find((node) => node.shard === shard && node.leads);
    if (leader?.isInvolved({ from: 0, to: 16_383 }) === true) broken(`${kind} ${name} was deleted while ${leader.name} has something of a move`);
    if (kind === 'Lease') {
      const alive = regionOf(region).wires.living().filter((node) => node.shard === shard);
      if (alive.length > 0) broken(`Lease ${name} was deleted while ${alive.map((node) => node.name).join(' and ')} could hold it`);
      epochs.delete(name);
    }
  };

  api.context.store.subscribe(({ type, object, previous }) => {
    if (type === 'DELETED') return onGone(object);
    if (object.kind === 'StatefulSet' && object.metadata.deletionTimestamp !== undefined && previous?.metadata.deletionTimestamp === undefined) onGone(object);
    if (object.kind === 'Lease') onLease(object);
    if (object.kind === 'Secret') onSecret(object);
    if (object.kind === 'CacheCluster') onStatus(object);
    return undefined;
  });
  return {
    /** False for the first that lead a new shard. */
    everInSync: (pod: string): boolean => (led.get(pod.replace(/-\d+$/, ''))?.epochs.size ?? 0) > 1,
  };
}
