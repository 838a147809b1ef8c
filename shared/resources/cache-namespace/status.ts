import { z } from 'zod';
import { conditionSchema } from '../cache-cluster/status.ts';
import { listMap, text } from '../structural/fields.ts';

const count = () => z.int().min(0).meta({ format: 'int64' });

const regionStatus = () =>
  z.object({
    name: text(63).describe('Name of the region.'),
    appliedRevision: count().describe("Revision of the cluster's namespaces that every node of the region has in force.").optional(),
  });

export const cacheNamespaceStatusSchema = z.object({
  observedGeneration: count().describe('Generation of the spec that this status is about.').optional(),
  conditions: listMap(conditionSchema, 'type', 16).describe('Ready, Reconciling, Stalled, ConfigurationWarning.').optional(),
  phase: text(64).describe('One word for people; programs read the conditions.').optional(),
  wireName: text(63).describe('Name on the wire: keys begin with <wireName>:.').optional(),
  revision: count().describe("Revision of the cluster's namespaces that first had this spec.").optional(),
  regions: listMap(regionStatus(), 'name', 32).describe('What the nodes of each region have in force.').optional(),
  keys: count().describe('Keys in the region that has most, two significant digits.').optional(),
  memoryUsed: count().describe('Bytes of data in the region that has most, two significant digits.').optional(),
  hitRatePercent: z.int().min(0).max(100).meta({ format: 'int32' }).describe('Reads of the last minutes that found a key, of all reads.').optional(),
  evictions: count().describe('Keys evicted since the nodes started, two significant digits.').optional(),
  throttled: count().describe('Requests that a quota held up or refused since the nodes started, two significant digits.').optional(),
});
