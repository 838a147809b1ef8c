import type { EventRecorder } from '../runtime/events.ts';
import { splitKey } from '../runtime/object-key.ts';
import { silentClusterObserver, type ClusterObserver } from './cluster-observer.ts';
import { eventOfFailover, followLeases, type SeenLeases } from './failovers.ts';
import { shardsOf } from './health.ts';
import type { Observed } from './observed.ts';
import type { Plan } from './plan.ts';

export interface Teller {
  /** Tells of what a pass has found; true while a takeover is still to be told, so that its primary is asked soon. */
  tell(key: string, observed: Observed, planned: Plan): boolean;
  forget(key: string): void;
}

/** Events and metrics about clusters, beside what the status says. What it remembers is lost with the process: a takeover while no operator runs is not told. */
export function createTeller(recorder: Pick<EventRecorder, 'record'> | undefined, clusters: ClusterObserver = silentClusterObserver): Teller {
  const leases = new Map<string, SeenLeases>();
  return {
    tell(key, observed, planned) {
      const { seen, failovers, open } = followLeases(leases.get(key) ?? new Map(), observed);
      leases.set(key, seen);
      for (const failover of failovers) {
        clusters.failedOver(nameOf(key), failover);
        recorder?.record(observed.cluster, eventOfFailover(failover));
      }
      for (const action of planned.actions) {
        if (action.kind === 'release' && action.note !== undefined) recorder?.record(observed.cluster, { type: 'Warning', reason: 'DeletionUnsettled', action: 'Delete', note: action.note });
        if (action.kind === 'replace' && action.repairs !== undefined) recorder?.record(observed.cluster, { type: 'Warning', reason: 'LeaseRepaired', action: 'Repair', note: `${action.repairs}; it is written anew from what the nodes say`, about: action.object.metadata.name });
      }
      if (planned.input && clusters !== silentClusterObserver) {
        const shards = shardsOf(observed, planned.input.intent);
        const copies = shards.reduce((sum, shard) => sum + shard.podsWanted - 1, 0);
        const inSync = shards.reduce((sum, shard) => sum + Math.min(shard.copiesInSync, shard.podsWanted - 1), 0);
        clusters.counted(nameOf(key), { shards: shards.length, served: shards.filter((shard) => shard.served).length, copies, inSync });
      }
      return open;
    },
    forget(key) {
      leases.delete(key);
      clusters.forgotten(nameOf(key));
    },
  };
}

const nameOf = (key: string): { readonly namespace: string; readonly name: string } => {
  const { namespace = 'default', name } = splitKey(key);
  return { namespace, name };
};
