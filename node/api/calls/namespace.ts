import { MeridianError } from '../../../shared/errors/meridian-error.ts';
import { errorBody, failure, json, type Answer, type ErrorBody } from '../answer.ts';
import { patternOrAll, type Invalidation } from '../../tenants/invalidation.ts';
import type { ApiNode } from '../api-node.ts';
import type { Figures, ShardAnswer } from '../node-questions.ts';
import { keyOfText } from '../target.ts';
import { forbidden, storeKey, type ApiCall } from './call.ts';

const mebibyte = 1024 * 1024;
/** A few keys are not nothing. */
const million = 1_000_000;
const mostPatternBytes = 1_024;
/** Whoever has the webhook's token; no user of the Secret is called so. */
export const webhookUser = '(webhook)';

/** All keys, those that match a glob, or those with a tag; every shard at once. */
export function flush(node: ApiNode, call: ApiCall<{ readonly pattern?: string; readonly tag?: string }>): Promise<Answer> {
  demand(node, call, 'flush');
  const { pattern, tag } = call.query;
  return remove(node, call, tag !== undefined ? { kind: 'tag', tag } : patternOrAll(pattern));
}

/** What a webhook says has changed, or what the namespace's spec names where it says nothing; by the namespace's own token or by a user who may flush. */
export function invalidate(node: ApiNode, call: ApiCall<unknown, { readonly key?: string; readonly pattern?: string; readonly tag?: string }>): Promise<Answer> {
  if (call.user !== webhookUser) demand(node, call, 'flush');
  const { key, pattern, tag } = call.body;
  if (key !== undefined) {
    storeKey(node, call, keyOfText(key));
    return remove(node, call, { kind: 'key', key });
  }
  if (tag !== undefined) return remove(node, call, { kind: 'tag', tag });
  return remove(node, call, patternOrAll(pattern ?? call.namespace.invalidationPattern));
}

async function remove(node: ApiNode, { namespace }: ApiCall<unknown>, what: Invalidation): Promise<Answer> {
  if (what.kind === 'pattern' && Buffer.byteLength(what.pattern) > mostPatternBytes) throw new MeridianError('INVALID_REQUEST', { detail: `pattern: at most ${mostPatternBytes} bytes` });
  const { deleted, unreachable } = await node.invalidate(namespace.name, what);
  const errors = new Map(unreachable.map((shard) => [`shard ${shard}`, new MeridianError('CLUSTER_DOWN')]));
  if (errors.size === 0) return json(200, { success: true, deleted_count: deleted });
  const shards = new Set(node.view().shardOfSlot).size;
  return errors.size >= shards ? failure(firstOf(errors), { errors: shown(errors) }) : json(207, { success: false, deleted_count: deleted, errors: shown(errors) });
}

/** Sums over the region's primaries, counted since each began. */
export async function stats(node: ApiNode, call: ApiCall): Promise<Answer> {
  demand(node, call, 'read');
  const answers = await node.questions.askAll({ type: 'stats', namespace: call.namespace.name });
  const errors = failuresOf(answers);
  if (errors.size === answers.length) return failure(firstOf(errors), { errors: shown(errors) });
  const sum = (name: keyof Figures): number => answers.reduce((all, { answer }) => all + (answer instanceof MeridianError ? 0 : answer.figures[name]), 0);
  const hits = sum('hits');
  const misses = sum('misses');
  return json(errors.size === 0 ? 200 : 207, {
    hits,
    misses,
    hit_rate: hits + misses === 0 ? 0 : hits / (hits + misses),
    total_keys: sum('keys'),
    memory_used_mb: Math.round((sum('memoryBytes') / mebibyte) * million) / million,
    evictions: sum('evictions'),
    expirations: sum('expirations'),
    throttled: sum('throttled'),
    ...(errors.size === 0 ? {} : { errors: shown(errors) }),
  });
}

function demand(node: ApiNode, { user, namespace, target }: ApiCall<unknown>, verb: 'read' | 'flush'): void {
  if (!node.access.mayUse(user, namespace.name, verb)) throw forbidden(target);
}

const failuresOf = (answers: readonly ShardAnswer[]): Map<string, MeridianError> =>
  new Map(answers.flatMap(({ shard, answer }) => (answer instanceof MeridianError ? [[`shard ${shard}`, answer] as const] : [])));
const firstOf = (errors: Map<string, MeridianError>): MeridianError => [...errors.values()][0];
const shown = (errors: Map<string, MeridianError>): Record<string, ErrorBody> => Object.fromEntries(Array.from(errors, ([name, error]) => [name, errorBody(error)]));
