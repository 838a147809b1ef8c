import type { z } from 'zod';
import type { CallName } from '../target.ts';
import {
  conflictAnswer, deleteAnswer, deleteQuery, errorAnswer, fillAnswer, flushAnswer, flushQuery, getAnswer, getQuery, invalidateBody, mgetAnswer, mgetBody, msetAnswer, msetBody, putAnswer, putBody, putQuery, statsAnswer, topologyAnswer,
  traceQuery,
} from '../schemas.ts';
import type { CallHandler } from './call.ts';
import { deleteKey } from './delete.ts';
import { get } from './get.ts';
import { mget, mset, type Entry } from './many.ts';
import { flush, invalidate, stats } from './namespace.ts';
import { put, type Written } from './put.ts';
import { topology } from './topology.ts';

/** A call as data: routes, checks and the OpenAPI document come from it. */
export interface CallSpec {
  readonly name: CallName;
  readonly methods: readonly string[];
  readonly path: string;
  readonly summary: string;
  readonly query: z.ZodType;
  readonly body?: z.ZodType;
  /** The body may be raw bytes instead. */
  readonly bytes?: boolean;
  /** Is about a namespace, which must be there. */
  readonly namespaced: boolean;
  readonly answers: Readonly<Record<number, { readonly schema: z.ZodType; readonly summary: string }>>;
  readonly run: CallHandler<never, never>;
}

/** Undefined: the call has no entry, it is answered otherwise. */
export const specOf = (name: CallName): CallSpec | undefined => byName.get(name);

const failed = (summary: string) => ({ schema: errorAnswer, summary });
const ofEveryCall = { 400: failed('Wrong input'), 401: failed('No token, or one that is not valid'), 403: failed('The token does not allow this'), 503: failed('Not served now; Retry-After says when to come back'), 504: failed('A node did not answer in time') };
const overQuota = failed('Over the operations of the namespace; Retry-After says when to come back');
const full = failed('Cache storage full, or Storage quota exceeded');
const notFound = failed('Key not found');
const wrongMedia = failed('Content-Type is not understood');

/** JSON text instead of the parsed value: it is stored as text. */
const asEntry = ({ value, ...rest }: { readonly key: string; readonly value?: unknown; readonly ttl?: number; readonly tags?: string[] }): Entry => ({ ...rest, value: JSON.stringify(value) });

const runMset: CallHandler<unknown, { readonly entries: readonly { readonly key: string; readonly value?: unknown }[] }> = (node, call) => mset(node, { ...call, body: { entries: call.body.entries.map(asEntry) } });

const runPut: CallHandler<{ readonly ttl?: number; readonly tags?: string[]; readonly fill_token?: string }, Buffer | { readonly value?: unknown }> = (node, call) => {
  const body: Written = Buffer.isBuffer(call.body) ? { ttl: call.query.ttl, tags: call.query.tags, fill_token: call.query.fill_token, value: call.body } : { ...call.body, value: JSON.stringify(call.body.value) };
  return put(node, { ...call, body });
};

export const callTable: readonly CallSpec[] = [
  {
    name: 'get', methods: ['GET', 'HEAD'], path: '/api/v1/cache/{namespace}/{key}', summary: 'The value of a key', query: getQuery, namespaced: true, run: get,
    answers: { 200: { schema: getAnswer, summary: 'The value' }, 304: { schema: errorAnswer, summary: 'If-None-Match has its ETag' }, ...ofEveryCall, 404: { schema: errorAnswer.or(fillAnswer), summary: 'Key not found; with fill=1 one caller gets a fill token' }, 429: overQuota },
  },
  {
    name: 'put', methods: ['PUT'], path: '/api/v1/cache/{namespace}/{key}', summary: 'Writes a key', query: putQuery, body: putBody, bytes: true, namespaced: true, run: runPut,
    answers: { 200: { schema: putAnswer, summary: 'It was replaced' }, 201: { schema: putAnswer, summary: 'It was created' }, ...ofEveryCall, 409: { schema: conflictAnswer.or(errorAnswer), summary: 'Version conflict, or the fill token was voided' }, 415: wrongMedia, 429: overQuota, 507: full },
  },
  {
    name: 'delete', methods: ['DELETE'], path: '/api/v1/cache/{namespace}/{key}', summary: 'Deletes a key; with fill_token: says that there is no such thing', query: deleteQuery, namespaced: true, run: deleteKey,
    answers: { 200: { schema: deleteAnswer, summary: 'It was deleted' }, ...ofEveryCall, 404: notFound, 409: failed('The fill token was voided'), 429: overQuota },
  },
  {
    name: 'mget', methods: ['POST'], path: '/api/v1/cache/{namespace}/mget', summary: 'The values of up to 1000 keys', query: traceQuery, body: mgetBody, namespaced: true, run: mget,
    answers: { 200: { schema: mgetAnswer, summary: 'What is there' }, 207: { schema: mgetAnswer, summary: 'Some keys could not be read' }, ...ofEveryCall, 415: wrongMedia, 429: overQuota },
  },
  {
    name: 'mset', methods: ['POST'], path: '/api/v1/cache/{namespace}/mset', summary: 'Writes up to 1000 keys', query: traceQuery, body: msetBody, namespaced: true, run: runMset,
    answers: { 200: { schema: msetAnswer, summary: 'All were written' }, 207: { schema: msetAnswer, summary: 'Some could not be written' }, ...ofEveryCall, 415: wrongMedia, 429: overQuota, 507: full },
  },
  {
    name: 'flush', methods: ['DELETE'], path: '/api/v1/cache/{namespace}', summary: 'Deletes all keys of a namespace, those that match a glob, or those with a tag', query: flushQuery, namespaced: true, run: flush,
    answers: { 200: { schema: flushAnswer, summary: 'How many went' }, 207: { schema: flushAnswer, summary: 'Some shards could not be asked' }, ...ofEveryCall },
  },
  {
    name: 'invalidate', methods: ['POST'], path: '/api/v1/cache/{namespace}/invalidate', summary: 'Deletes a key, keys that match a glob, or those with a tag, and what depends on them; for webhooks', query: traceQuery, body: invalidateBody, namespaced: true, run: invalidate,
    answers: { 200: { schema: flushAnswer, summary: 'How many went' }, 207: { schema: flushAnswer, summary: 'Some shards could not be asked' }, ...ofEveryCall, 415: wrongMedia },
  },
  {
    name: 'stats', methods: ['GET', 'HEAD'], path: '/api/v1/cache/{namespace}/stats', summary: 'Counters of a namespace over the region', query: traceQuery, namespaced: true, run: stats,
    answers: { 200: { schema: statsAnswer, summary: 'The counters' }, 207: { schema: statsAnswer, summary: 'Some shards could not be asked' }, ...ofEveryCall },
  },
  {
    name: 'topology', methods: ['GET', 'HEAD'], path: '/api/v1/cache/topology', summary: 'Who serves what in this region', query: traceQuery, namespaced: false, run: topology,
    answers: { 200: { schema: topologyAnswer, summary: 'The shards' }, 401: ofEveryCall[401] },
  },
];

const byName: ReadonlyMap<CallName, CallSpec> = new Map(callTable.map((spec) => [spec.name, spec]));
