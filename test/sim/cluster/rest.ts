import { resourceTypes } from '../../../operator/kube/types.ts';
import type { KubeObject } from '../../../operator/kube/port.ts';
import { copiesInSyncOf } from '../../../operator/actions/execute.ts';
import { countsOf, ownersOf } from '../../../operator/resharding/owners.ts';
import { podName, shardName } from '../../../shared/kube/names.ts';
import type { ClusterWorld } from './cluster-world.ts';
import { clusterName, namespace } from './names.ts';

const falseInTheEnd = ['Reconciling', 'Stalled', 'Progressing', 'Degraded', 'Resharding', 'RollingOut'] as const;

/** What is not yet as the spec asks for, in truth or by what the status says of it; empty: at rest. */
export function unrest(cluster: ClusterWorld): readonly string[] {
  const { api, spec, status, pods } = cluster;
  const found: string[] = [];
  const { shards, replicas, image, regions } = spec();
  const said = status();
  const generation = cluster.cluster()?.metadata.generation;
  const conditionOf = (type: string) => said.conditions?.find((one) => one.type === type);
  if (said.observedGeneration !== generation) found.push(`status is of generation ${said.observedGeneration}, not ${generation}`);
  for (const type of falseInTheEnd) if (conditionOf(type)?.status !== 'False') found.push(`${type}: ${conditionOf(type)?.message ?? 'not said'}`);
  if (conditionOf('Ready')?.status !== 'True') found.push(`not Ready: ${conditionOf('Ready')?.message ?? 'not said'}`);
  if (said.phase !== 'Ready') found.push(`phase ${said.phase ?? ''}`);
  if (said.shards !== shards) found.push(`status has ${said.shards ?? 'no'} shards, the spec ${shards}`);
  if ((said.plan?.slots ?? 0) > 0) found.push(`status has a plan of ${said.plan?.slots} slots`);

  const names = regions.flatMap(({ name }) => Array.from({ length: shards }, (_, shard) => shardName(clusterName, name, shard))).toSorted();
  const list = (kind: 'statefulSet' | 'lease' | 'podDisruptionBudget' | 'pod'): readonly KubeObject[] => api.list(resourceTypes[kind], { namespace }).items;
  for (const kind of ['statefulSet', 'lease', 'podDisruptionBudget'] as const) {
    const there = list(kind).map(({ metadata }) => metadata.name).toSorted();
    if (there.join() !== names.join()) found.push(`there are ${kind}s ${there.join()}, wanted ${names.join()}`);
  }
  const podsWanted = names.flatMap((name) => Array.from({ length: 1 + replicas }, (_, index) => `${name}-${index}`)).toSorted();
  const there = list('pod');
  if (there.map(({ metadata }) => metadata.name).toSorted().join() !== podsWanted.join()) found.push(`there are pods ${there.map(({ metadata }) => metadata.name).join()}, wanted ${podsWanted.join()}`);
  for (const pod of there) if (pods.processes.get(pod.metadata.name)?.image !== image) found.push(`${pod.metadata.name} runs ${pods.processes.get(pod.metadata.name)?.image ?? 'nothing'}`);
  for (const lease of list('lease')) if ((copiesInSyncOf(lease) ?? []).length !== 1 + replicas) found.push(`${lease.metadata.name} has ${copiesInSyncOf(lease)?.join() ?? 'nobody'} in sync`);

  for (const { name } of regions) {
    const map = cluster.regionOf(name).access.map();
    if (map === undefined) return [...found, `region ${name} has no map`];
    if (map.moves.length > 0) found.push(`region ${name} has ${map.moves.length} moves in its map`);
    const counts = countsOf(ownersOf(map.ranges), shards);
    if (counts.length > shards || Math.max(...counts) - Math.min(...counts) > 1) found.push(`region ${name} has ${counts.join('/')} slots by shard`);
    for (const node of cluster.regionOf(name).wires.living()) if (node.isInvolved({ from: 0, to: 16_383 })) found.push(`${node.name} has something of a move`);
  }
  return found;
}

export const podNames = (region: string, shard: number, copies: number): readonly string[] => Array.from({ length: copies }, (_, index) => podName(clusterName, region, shard, index));
