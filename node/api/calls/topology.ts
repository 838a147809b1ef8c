import type { MemberView } from '../../topology/view.ts';
import { json, type Answer } from '../answer.ts';
import type { ApiNode } from '../api-node.ts';

/** Who serves what in this region, as this node knows it. */
export function topology(node: ApiNode): Answer {
  const view = node.view();
  const shards = [...new Set([...view.members.map(({ shard }) => shard), ...view.shardOfSlot])].filter((shard) => shard >= 0).toSorted((a, b) => a - b);
  return json(200, {
    cluster: node.cluster,
    region: node.region,
    regions: node.regions,
    epoch: view.epoch,
    complete: view.complete,
    node: view.self.pod,
    shards: shards.map((shard) => {
      const primary = view.primaryOf(shard);
      return {
        shard,
        slots: view.rangesOf(shard),
        primary: primary === undefined ? null : shown(primary),
        replicas: view.members.filter((member) => member.shard === shard && member.id !== primary?.id).map(shown),
      };
    }),
  });
}

const shown = ({ pod, health, host, redisPort, httpPort }: MemberView) => ({ pod, health, redis: `${host}:${redisPort}`, http: `http://${host}:${httpPort}` });
