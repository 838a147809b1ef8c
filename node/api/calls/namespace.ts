import { MeridianError } from '../../../shared/errors/meridian-error.ts';
import { errorBody, failure, json, type Answer, type ErrorBody } from '../answer.ts';
import type { ApiNode } from '../api-node.ts';
import type { Figures, ShardAnswer } from '../node-questions.ts';
import type { ApiCall } from './call.ts';

const mebibyte = 1024 * 1024;

/** All keys, those that match a glob, or those with a tag; every shard at once. */
export async function flush(node: ApiNode, call: ApiCall<{ readonly pattern?: string; readonly tag?: string }>): Promise<Answer> {
  demand(node, call, 'flush');
  const { pattern, tag } = call.query;
  const answers = await node.questions.askAll({ type: 'flush', namespace: call.namespace.name, pattern, tag });
  const errors = failuresOf(answers);
  if (errors.size === answers.length) return failure(firstOf(errors), { errors: shown(errors) });
  const deleted = answers.reduce((sum, { answer }) => sum + (answer instanceof MeridianError ? 0 : (answer.deleted ?? 0)), 0);
  return json(errors.size === 0 ? 200 : 207, { success: errors.size === 0, deleted_count: deleted, ...(errors.size === 0 ? {} : { errors: shown(errors) }) });
}

/** Sums over the region's primaries, counted since each began. */
export async function stats(node: ApiNode, call: ApiCall): Promise<Answer> {
  demand(node, call, 'read');
  const answers = await node.questions.askAll({ type: 'stats', namespace: call.namespace.name });
  const errors = failuresOf(answers);
  if (errors.size === answers.length) return failure(firstOf(errors), { errors: shown(errors) });
  const sum = (name: keyof Figures): number => answers.reduce((all, { answer }) => all + (answer instanceof MeridianError ? 0 : (answer.figures?.[name] ?? 0)), 0);
  const hits = sum('hits');
  const misses = sum('misses');
  return json(errors.size === 0 ? 200 : 207, {
    hits,
    misses,
    hit_rate: hits + misses === 0 ? 0 : hits / (hits + misses),
    total_keys: sum('keys'),
    memory_used_mb: Math.round((sum('memoryBytes') / mebibyte) * 1000) / 1000,
    evictions: sum('evictions'),
    expirations: sum('expirations'),
    throttled: sum('throttled'),
    ...(errors.size === 0 ? {} : { errors: shown(errors) }),
  });
}

function demand(node: ApiNode, { user, namespace }: ApiCall, verb: 'read' | 'flush'): void {
  if (!node.access.mayUse(user, namespace.name, verb)) throw new MeridianError('NO_PERMISSION', { command: verb });
}

const failuresOf = (answers: readonly ShardAnswer[]): Map<string, MeridianError> =>
  new Map(answers.flatMap(({ shard, answer }) => (answer instanceof MeridianError ? [[`shard ${shard}`, answer] as const] : [])));
const firstOf = (errors: Map<string, MeridianError>): MeridianError => [...errors.values()][0];
const shown = (errors: Map<string, MeridianError>): Record<string, ErrorBody> => Object.fromEntries(Array.from(errors, ([name, error]) => [name, errorBody(error)]));
