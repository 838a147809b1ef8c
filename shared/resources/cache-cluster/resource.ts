import { z } from 'zod';
import { apiGroup, apiVersion } from '../../kube/names.ts';
import { text, validations } from '../structural/fields.ts';
import { maxNamesLength, rootRules } from './rules.ts';
import { cacheClusterSpecSchema } from './spec.ts';
import { cacheClusterStatusSchema, type conditionSchema } from './status.ts';

export const cacheClusterApiVersion = `${apiGroup}/${apiVersion}`;

export const cacheClusterSchema = z
  .object({
    apiVersion: z.string().describe('meridiancache.io/v1alpha1').optional(),
    kind: z.string().describe('CacheCluster').optional(),
    metadata: z.object({ name: text(maxNamesLength - 1) }).partial().optional(),
    spec: cacheClusterSpecSchema.describe('What is wanted.'),
    status: cacheClusterStatusSchema.describe('What there is; written by the operator.').optional(),
  })
  .meta(validations(rootRules))
  .describe('A geo-distributed, sharded cache that any Redis client can talk to.');

/** As the API server keeps it. */
export type CacheClusterSpec = z.output<typeof cacheClusterSpecSchema>;
export type CacheClusterRegion = CacheClusterSpec['regions'][number];
export type CacheClusterStatus = z.output<typeof cacheClusterStatusSchema>;
export type Condition = z.output<typeof conditionSchema>;
