import { annotations } from '../../../shared/kube/names.ts';
import type { Rng } from '../world/rng.ts';
import type { ClusterWorld } from './cluster-world.ts';
import { badImage, images } from './names.ts';

/** What people do to a cluster, as data. */
const deeds = ['shards', 'shardsAgain', 'replicas', 'image', 'badImage', 'settings', 'manual', 'approve', 'staleApproval', 'cancel', 'rebalance', 'weight', 'pauseRollout', 'unavailable', 'hibernate'] as const;
export type Deed = (typeof deeds)[number];
/** What moves most comes most often. */
export const allDeeds: readonly Deed[] = [...deeds, 'shards', 'shards', 'image', 'image', 'replicas', 'approve'];

const annotate = (name: keyof typeof annotations, value: string | null): Record<string, unknown> => ({ metadata: { annotations: { [annotations[name]]: value } } });

/** Does one of them, if it makes sense now. */
export function createPeople(cluster: ClusterWorld, rng: Rng) {
  const { edit, status } = cluster;
  let turns = 0;
  return (deed: Deed): void => {
    const { hash } = status().plan ?? {};
    switch (deed) {
      case 'shards':
        return edit({ spec: { shards: rng.between(1, 4) } });
      case 'shardsAgain':
        // Two contradictory changes within a second.
        edit({ spec: { shards: rng.between(1, 4) } });
        return void cluster.world.at(cluster.world.nowMs() + rng.unit() * 1_000, () => edit({ spec: { shards: rng.between(1, 4) } }));
      case 'replicas':
        return edit({ spec: { replicas: rng.between(1, 2) } });
      case 'image':
        return edit({ spec: { image: rng.pick(images) } });
      case 'badImage':
        edit({ spec: { image: badImage } });
        return void cluster.world.at(cluster.world.nowMs() + 3_000 + rng.unit() * 5_000, () => edit({ spec: { image: rng.pick(images) } }));
      case 'settings':
        return edit({ spec: { eviction: rng.pick(['allkeys-lru', 'noeviction', 'allkeys-lfu']) } });
      case 'manual':
        return edit({ spec: { resharding: { approval: rng.pick(['manual', 'auto']) } } });
      case 'approve':
        return hash === undefined ? undefined : edit(annotate('approve', hash));
      case 'staleApproval':
        return edit(annotate('approve', '0123456789ab'));
      case 'cancel':
        return hash === undefined ? undefined : edit(annotate('cancel', hash));
      case 'rebalance':
        return edit(annotate('rebalance', `turn-${++turns}`));
      case 'weight':
        return edit({ spec: { weight: rng.chance(0.5) ? [{ shard: 0, weight: rng.between(1, 3) }] : null } });
      case 'pauseRollout':
        edit({ spec: { rollout: { paused: true } } });
        return void cluster.world.at(cluster.world.nowMs() + rng.unit() * 6_000, () => edit({ spec: { rollout: { paused: false } } }));
      case 'unavailable':
        return edit({ spec: { rollout: { maxUnavailableShards: rng.between(1, 2) } } });
      case 'hibernate':
        edit({ spec: { hibernate: true } });
        return void cluster.world.at(cluster.world.nowMs() + rng.between(500, 14_000), () => edit({ spec: { hibernate: false } }));
      default:
        return deed satisfies never;
    }
  };
}

/** The last word, from which everything must come to rest. */
export function lastWord(cluster: ClusterWorld, rng: Rng): void {
  const none = Object.fromEntries((['approve', 'cancel', 'rebalance'] as const).map((name) => [annotations[name], null]));
  cluster.edit({
    metadata: { annotations: { ...none, [annotations.rebalance]: 'last' } },
    spec: { shards: rng.between(1, 3), replicas: 1, image: rng.pick(images), weight: null, hibernate: false, resharding: { approval: 'auto' }, rollout: { paused: false, maxUnavailableShards: 1 } },
  });
}
