import type { z } from 'zod';
import { MeridianError } from '../../../shared/errors/meridian-error.ts';
import { bytesType, failure, jsonType, type Answer, type Headers } from '../answer.ts';
import type { ApiNode } from '../api-node.ts';
import { metadata, type GetQuery } from '../schemas.ts';
import type { ApiCall } from './call.ts';
import { jsonText, type StoredValue } from './values.ts';

const secondMs = 1000;
/** What a shard keeps in memory (architecture.md, Tiers). */
const tier = 'warm';

export function missing(more: Readonly<Record<string, unknown>> = {}): Answer {
  return failure(new MeridianError('NOT_FOUND'), more, { 'x-cache-hit': 'false', 'cache-control': 'no-store' });
}

/** 200 with the value, or 304 where the caller has it. */
export function found(node: ApiNode, call: ApiCall<GetQuery>, stored: StoredValue): Answer {
  const { region } = node;
  const { stale } = stored;
  const ageMs = Math.max(0, Math.floor(node.ports.clock.wallMs()) - stored.writtenAtMs);
  const ttlSeconds = stored.ttlMs < 0 ? -1 : Math.ceil(stored.ttlMs / secondMs);
  const etag = `W/"${region}.${stored.epoch}.${stored.version}"`;
  const headers = cacheHeaders(node, stored, Math.floor(ageMs / secondMs), stale ? 0 : ttlSeconds);
  headers.etag = etag;
  headers['x-cache-hit'] = 'true';
  headers['x-cache-ttl'] = String(ttlSeconds);
  headers['x-cache-tier'] = tier;
  headers['x-cache-version'] = `${region}=${stored.version}`;
  headers['x-cache-origin'] = region;
  headers['x-cache-age-ms'] = String(ageMs);
  if (matches(call.headers['if-none-match'], etag)) return { status: 304, headers, body: '' };
  if (wantsBytes(call.headers.accept)) {
    headers['content-type'] = bytesType;
    // The store's reply does not last.
    return { status: 200, headers, body: Buffer.from(stored.bytes) };
  }
  headers['content-type'] = jsonType;
  const achieved = call.query.consistency === 'linearizable' && node.regions.length > 1 ? 'session' : (call.query.consistency ?? 'eventual');
  const about = {
    ttl_remaining: ttlSeconds < 0 ? null : ttlSeconds,
    created_at: node.memory.timeText(stored.writtenAtMs),
    version: { [region]: stored.version },
    tier,
    age_ms: ageMs,
    origin_region: region,
    consistency_achieved: achieved,
    trace_id: call.traceId,
    tags: stored.tags.length === 0 ? undefined : [...stored.tags],
  } as const satisfies z.infer<typeof metadata>;
  if (node.memory.isCheckDue()) metadata.parse(about);
  // Put together by hand: the value is JSON text already, however large.
  const body = `{"value":${jsonText(stored)},"metadata":${JSON.stringify(about)}${stale ? ',"stale":true' : ''}}`;
  return { status: 200, headers, body };
}

/** Lifetime counts from the write, as `Age` does; X-Accel-Expires is for caches that do not look at `Age` (nginx). */
function cacheHeaders(node: ApiNode, { tags }: StoredValue, ageSeconds: number, ttlSeconds: number): Headers {
  const headers: Headers = { age: String(ageSeconds), vary: 'Accept, Accept-Encoding' };
  const scope = node.access.isPublic ? 'public' : 'private';
  if (ttlSeconds > 0) {
    headers['cache-control'] = `${scope}, max-age=${ageSeconds + ttlSeconds}`;
    if (node.access.isPublic) headers['x-accel-expires'] = String(ttlSeconds);
  } else {
    headers['cache-control'] = `${scope}, no-cache`;
  }
  if (tags.length > 0) {
    headers['surrogate-key'] = tags.map(inHeader).join(' ');
    headers['cache-tag'] = tags.map(inHeader).join(',');
  }
  return headers;
}

/** Headers are ASCII. */
const inHeader = (tag: string): string => tag.replace(/[^\x21-\x7e]/gu, encodeURIComponent);

const wantsBytes = (accept: string | string[] | undefined): boolean => typeof accept === 'string' && accept.includes(bytesType);

function matches(given: string | string[] | undefined, etag: string): boolean {
  if (typeof given !== 'string') return false;
  const opaque = etag.slice(2);
  return given.trim() === '*' || given.split(',').some((one) => one.trim().replace(/^W\//, '') === opaque);
}
