import { z } from 'zod';

/** Shapes of the HTTP API: what comes in is checked by them, what goes out too, and the OpenAPI document is made of them. */
const mostKeys = 1_000;
const mostTags = 64;
const mostTagLength = 256;
const mostTtlSeconds = 10 * 365 * 86_400;
const mostWaitMs = 10_000;

const traceId = z.string().regex(/^[\w.:-]{1,128}$/, 'trace_id: letters, digits and _.:- only, at most 128');
const ttl = z.number().positive('ttl must be above 0').max(mostTtlSeconds).describe('Seconds until the key expires.');
const tag = z.string().min(1).max(mostTagLength).regex(/^[^\s,]+$/, 'a tag has no spaces and no commas');
const tags = z.array(tag).max(mostTags);
const keyText = z.string().min(1);
const consistency = z.enum(['eventual', 'session', 'linearizable']);
const flag = z.enum(['0', '1', 'true', 'false']).transform((text) => text === '1' || text === 'true');
const wholeMs = (most: number) => z.string().regex(/^\d{1,9}$/).transform(Number).pipe(z.int().max(most));

/** region → number that rises with every write of the key's slot there. */
const version = z.record(z.string(), z.int().min(0));
const replication = z.record(z.string(), z.enum(['confirmed', 'pending']));
const value = z.unknown().describe('Any JSON value.');

export const getQuery = z.strictObject({
  fill: flag.optional(),
  wait_ms: wholeMs(mostWaitMs).optional(),
  consistency: consistency.optional(),
  max_staleness_ms: wholeMs(999_999_999).optional(),
  allow_cold_tier: flag.optional(),
  trace_id: traceId.optional(),
});
export type GetQuery = z.infer<typeof getQuery>;

export const deleteQuery = z.strictObject({ trace_id: traceId.optional(), fill_token: z.string().min(1).max(256).optional() });
export const traceQuery = z.strictObject({ trace_id: traceId.optional() });

/** For raw bytes, where the body has no room for it. */
export const putQuery = z.strictObject({
  trace_id: traceId.optional(),
  ttl: z.string().regex(/^\d{1,9}(\.\d{1,3})?$/).transform(Number).pipe(ttl).optional(),
  tags: z.string().transform((text) => text.split(',')).pipe(tags).optional(),
  fill_token: z.string().max(256).optional(),
});

export const putBody = z.strictObject({
  value: value.refine((given) => given !== undefined, 'value is missing'),
  ttl: ttl.optional(),
  tags: tags.optional(),
  depends_on: z.array(keyText).max(mostTags).optional(),
  consistency: consistency.optional(),
  tier_hint: z.enum(['hot', 'warm', 'cold']).optional(),
  expected_version: version.optional(),
  replication_regions: z.array(z.string()).max(9).optional(),
  fill_token: z.string().max(256).optional(),
  trace_id: traceId.optional(),
});
export type PutBody = z.infer<typeof putBody>;

export const mgetBody = z.strictObject({ keys: z.array(keyText).min(1).max(mostKeys), trace_id: traceId.optional() });
export const msetBody = z.strictObject({
  entries: z.array(z.strictObject({ key: keyText, value: value.refine((given) => given !== undefined, 'value is missing'), ttl: ttl.optional(), tags: tags.optional() })).min(1).max(mostKeys),
  trace_id: traceId.optional(),
});
export const flushQuery = z.strictObject({ pattern: z.string().min(1).max(1_024).optional(), tag: tag.optional(), trace_id: traceId.optional() }).refine((query) => query.pattern === undefined || query.tag === undefined, 'pattern and tag exclude each other');
export const invalidateBody = z.strictObject({ key: keyText.optional(), pattern: z.string().min(1).max(1_024).optional(), tag: tag.optional(), trace_id: traceId.optional() }).refine((body) => [body.key, body.pattern, body.tag].filter((one) => one !== undefined).length <= 1, 'one of key, pattern and tag');

// --- answers
export const errorAnswer = z.looseObject({ error: z.string(), code: z.string(), message: z.string().optional() });
export const metadata = z.strictObject({
  ttl_remaining: z.int().min(0).nullable().describe('Seconds; null: it does not expire.'),
  created_at: z.string().describe('When this version was written, RFC 3339, to the second.'),
  version,
  tier: z.enum(['hot', 'warm', 'cold', 'archive']),
  age_ms: z.int().min(0),
  origin_region: z.string(),
  consistency_achieved: consistency,
  trace_id: z.string(),
  tags: z.array(z.string()).optional(),
});
export const getAnswer = z.strictObject({ value, metadata, stale: z.literal(true).optional() });
export const fillAnswer = errorAnswer.extend({ fill_token: z.string(), expires_in_ms: z.int() });
export const putAnswer = z.strictObject({ success: z.literal(true), key: z.string(), created: z.boolean(), version, tier_assigned: z.string(), replication_status: replication });
export const conflictAnswer = errorAnswer.extend({ current_version: version, your_version: version });
export const deleteAnswer = z.strictObject({ success: z.literal(true), deleted: z.boolean() });
const errorsByName = z.record(z.string(), errorAnswer);
export const mgetAnswer = z.strictObject({ results: z.record(z.string(), z.strictObject({ value, found: z.boolean() })), hits: z.int(), misses: z.int(), errors: errorsByName.optional() });
export const msetAnswer = z.strictObject({ success: z.boolean(), stored: z.int(), errors: errorsByName.optional() });
export const flushAnswer = z.strictObject({ success: z.boolean(), deleted_count: z.int(), errors: errorsByName.optional() });
export const statsAnswer = z.strictObject({
  hits: z.int(),
  misses: z.int(),
  hit_rate: z.number().min(0).max(1),
  total_keys: z.int(),
  memory_used_mb: z.number(),
  evictions: z.int(),
  expirations: z.int(),
  throttled: z.int(),
  errors: errorsByName.optional(),
});
const member = z.strictObject({ pod: z.string(), health: z.string(), redis: z.string(), http: z.string() });
export const topologyAnswer = z.strictObject({
  cluster: z.string(),
  region: z.string(),
  regions: z.array(z.string()),
  epoch: z.int(),
  complete: z.boolean(),
  node: z.string(),
  shards: z.array(z.strictObject({ shard: z.int(), slots: z.array(z.tuple([z.int(), z.int()])), primary: member.nullable(), replicas: z.array(member) })),
});
export const healthAnswer = z.strictObject({ status: z.enum(['healthy', 'unhealthy']), redis: z.enum(['connected', 'disconnected']), memory_usage: z.string(), reason: z.string().optional() });
