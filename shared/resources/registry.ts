import type { z } from 'zod';
import { apiGroup, apiVersion } from '../kube/names.ts';
import { cacheClusterSchema } from './cache-cluster/resource.ts';
import { cacheNamespaceSchema } from './cache-namespace/resource.ts';
import { structuralSchemaOf } from './structural/from-zod.ts';
import type { StructuralSchema } from './structural/schema.ts';

export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'boolean';
  readonly jsonPath: string;
  readonly description?: string;
  /** Above 0: only with `-o wide`. */
  readonly priority?: number;
}

export interface ScaleSubresource {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath: string;
}

/** One kind of Meridian's, with all that a CRD, discovery and kubectl tables need. */
export interface CustomResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly columns: readonly PrinterColumn[];
  readonly scale?: ScaleSubresource;
  readonly zod: z.ZodType;
  /** Derived from `zod` at first use: a node never needs it. */
  schema(): StructuralSchema;
}

function customResource(resource: Omit<CustomResource, 'group' | 'version' | 'categories' | 'schema'>): CustomResource {
  let schema: StructuralSchema | undefined;
  return {
    group: apiGroup,
    version: apiVersion,
    categories: ['meridian'],
    ...resource,
    schema: () => (schema ??= structuralSchemaOf(resource.zod)),
  };
}

const condition = (type: string, field = 'status'): string => `.status.conditions[?(@.type=='${type}')].${field}`;

const cacheClusterResource = customResource({
  kind: 'CacheCluster',
  plural: 'cacheclusters',
  singular: 'cachecluster',
  shortNames: ['cc'],
  zod: cacheClusterSchema,
  scale: { specReplicasPath: '.spec.shards', statusReplicasPath: '.status.shards', labelSelectorPath: '.status.selector' },
  columns: [
    { name: 'Ready', type: 'string', jsonPath: condition('Ready'), description: 'Whether every shard of every region has a ready primary.' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'One word for people.' },
    { name: 'Shards', type: 'integer', jsonPath: '.status.shards', description: 'Shards in each region.' },
    { name: 'Desired', type: 'integer', jsonPath: '.status.desiredShards', description: 'Shards that are to be.', priority: 1 },
    { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas', description: 'Copies beside each primary.' },
    { name: 'Regions', type: 'string', jsonPath: '.status.regionsReady', description: 'Regions whose shards are all served, of all regions.' },
    { name: 'Memory', type: 'string', jsonPath: '.spec.memory', description: 'Data limit of each copy of a shard.' },
    { name: 'Image', type: 'string', jsonPath: '.status.versions.image', description: 'Image in force.', priority: 1 },
    { name: 'Message', type: 'string', jsonPath: condition('Ready', 'message'), description: 'What is waited for.', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});

const cacheNamespaceResource = customResource({
  kind: 'CacheNamespace',
  plural: 'cachenamespaces',
  singular: 'cachenamespace',
  shortNames: ['cns'],
  zod: cacheNamespaceSchema,
  columns: [
    { name: 'Ready', type: 'string', jsonPath: condition('Ready'), description: 'Whether every node of every region has it in force.' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'One word for people.', priority: 1 },
    { name: 'Cluster', type: 'string', jsonPath: '.spec.clusterRef.name', description: 'The CacheCluster that keeps the keys.' },
    { name: 'Name', type: 'string', jsonPath: '.status.wireName', description: 'Name on the wire: keys begin with it and a colon.' },
    { name: 'Tenant', type: 'string', jsonPath: '.spec.tenant', description: 'Who it belongs to; empty: its Kubernetes namespace.', priority: 1 },
    { name: 'Keys', type: 'integer', jsonPath: '.status.keys', description: 'Keys in the region that has most.' },
    { name: 'Memory', type: 'integer', jsonPath: '.status.memoryUsed', description: 'Bytes of data in the region that has most.' },
    { name: 'Hit %', type: 'integer', jsonPath: '.status.hitRatePercent', description: 'Reads that found a key, of all reads.' },
    { name: 'Message', type: 'string', jsonPath: condition('Ready', 'message'), description: 'What is waited for.', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});

export const customResources: readonly CustomResource[] = [cacheClusterResource, cacheNamespaceResource];
