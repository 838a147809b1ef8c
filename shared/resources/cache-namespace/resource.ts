import { z } from 'zod';
import { apiGroup, apiVersion } from '../../kube/names.ts';
import { text, validations } from '../structural/fields.ts';
import { rootRules } from './rules.ts';
import { cacheNamespaceSpecSchema } from './spec.ts';
import { cacheNamespaceStatusSchema } from './status.ts';

export const cacheNamespaceApiVersion = `${apiGroup}/${apiVersion}`;

export const cacheNamespaceSchema = z
  .object({
    apiVersion: z.string().describe('meridiancache.io/v1alpha1').optional(),
    kind: z.string().describe('CacheNamespace').optional(),
    metadata: z.object({ name: text(253) }).partial().optional(),
    spec: cacheNamespaceSpecSchema.describe('What is wanted.'),
    status: cacheNamespaceStatusSchema.describe('What there is; written by the operator.').optional(),
  })
  .meta(validations(rootRules))
  .describe('A part of a CacheCluster for one tenant: its keys, its limits and its users.');

/** As the API server keeps it. */
export type CacheNamespaceSpec = z.output<typeof cacheNamespaceSpecSchema>;
export type CacheNamespaceStatus = z.output<typeof cacheNamespaceStatusSchema>;
