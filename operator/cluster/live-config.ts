import type { LiveConfig } from '../../shared/admin/contract.ts';
import { nodeConfigSchema, type NodeConfig } from '../../shared/kube/documents.ts';
import { nodeConfigKey, nodeConfigMap } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { canonicalJson } from '../resources/canonical.ts';
import { nodeConfig, nodeConfigDocument } from '../resources/config-maps.ts';
import type { RegionIntent } from '../resources/intent.ts';
import { jsonOf } from '../resharding/wish.ts';
import { memoryInForce } from './memory.ts';
import { hashOfTemplate } from './copies.ts';
import { regionOf, specOf } from './observed.ts';
import { act, ensure, find, together, type StepInput, type StepResult } from './step.ts';

/** So many nodes of a region are told at once; they tell each other. */
const toldAtOnce = 3;

/**
 * Step: what the nodes of each region are configured with. The mounted file is the lasting way, and up to a minute late; so what
 * can change in a running node is pushed as well, under a revision that rises with the document.
 */
export function nodeSettings(input: StepInput): StepResult {
  return together(
    input.intent.regions.map((region) => {
      const document = documentOf(input, region);
      const written = ensure(input, resourceTypes.configMap, nodeConfig(input.intent, region.name, document));
      const config = liveConfigOf(document);
      return config === undefined ? written : together([written, act(...behind(input, region.name, config.revision).map((object) => ({ kind: 'configure', object, config }) as const))]);
    }),
  );
}

/** The settings that running nodes of a region are to have; undefined while they are those that they were born with. */
export const liveConfig = (input: StepInput, region: RegionIntent): LiveConfig | undefined => liveConfigOf(documentOf(input, region));

function documentOf(input: StepInput, region: RegionIntent): NodeConfig {
  const document = nodeConfigDocument(input.intent, { ...region, replicas: copiesInForce(input, region) }, memoryInForce(input, region.name));
  const found = find(input, 'ConfigMap', nodeConfigMap(input.intent.name, region.name));
  const before = found.kind === 'ours' ? nodeConfigSchema.safeParse(jsonOf(found.object.data?.[nodeConfigKey] ?? '')).data : undefined;
  if (before === undefined) return document;
  const { revision, ...rest } = before;
  const unchanged = canonicalJson(rest) === canonicalJson(document);
  const generation = input.observed.cluster.metadata.generation ?? 1;
  const next = unchanged ? revision : Math.max((revision ?? 0) + 1, generation);
  return next === undefined ? document : { ...document, revision: next };
}

/** Shards without copies have one each while their pods are replaced: their primaries must stream to it before. */
function copiesInForce(input: StepInput, { name, replicas }: RegionIntent): number {
  if (replicas > 0) return replicas;
  const rolls = input.sets.some(({ region, wanted }) => {
    const found = region.name === name ? find(input, 'StatefulSet', wanted.metadata.name) : undefined;
    return found?.kind === 'ours' && (Number(specOf(found.object).replicas ?? 1) > 1 || hashOfTemplate(found.object) !== hashOfTemplate(wanted));
  });
  return rolls ? 1 : 0;
}

function liveConfigOf({ revision, memoryBytes, eviction, acknowledge, minInSync, fastFailover, emptyShardAfterMs }: NodeConfig): LiveConfig | undefined {
  return revision === undefined || revision === 0 ? undefined : { formatVersion: 1, revision, memoryBytes, eviction, acknowledge, minInSync, fastFailover, emptyShardAfterMs };
}

/** Nodes that have said that they run with earlier settings. */
function behind({ observed }: StepInput, region: string, revision: number): readonly KubeObject[] {
  const late = observed.pods.filter((pod) => {
    const report = observed.reports.get(pod.metadata.name);
    return regionOf(pod) === region && pod.metadata.deletionTimestamp === undefined && report !== undefined && Number(report.configRevision ?? 0) < revision;
  });
  return late.slice(0, toldAtOnce);
}
