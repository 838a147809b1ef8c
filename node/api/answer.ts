import { sentenceOf, MeridianError } from '../../shared/errors/meridian-error.ts';
import { errorTable, type ErrorRow } from '../../shared/errors/table.ts';
import type { ReplyError } from './resp.ts';

export type Headers = Record<string, string>;

/** An answer of the API, not yet on the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** As it is sent; absent: `data` is checked against its schema and sent as JSON. */
  readonly body?: string | Buffer;
  readonly data?: unknown;
}

export const jsonType = 'application/json; charset=utf-8';
export const bytesType = 'application/octet-stream';
const retrySeconds = '1';

export const json = (status: number, data: unknown, headers: Headers = {}): Answer => ({ status, headers: { 'content-type': jsonType, ...headers }, data });

export interface ErrorBody {
  readonly error: string;
  readonly code: string;
  readonly message?: string;
}

/** The body that every error has; `more` is put behind it. */
export function errorBody({ code, details }: MeridianError, more: Readonly<Record<string, unknown>> = {}): ErrorBody {
  const { title, remedy }: ErrorRow = errorTable[code];
  const sentence = sentenceOf(code, details);
  const filled = (text: string): string => text.replace(/\{(\w+)\}/g, (mark, name: string) => String(details[name] ?? mark));
  return { error: title === undefined ? sentence : filled(title), code, message: title === undefined ? filled(remedy) : `${sentence}. ${filled(remedy)}`, ...more };
}

export function failure(error: MeridianError, more: Readonly<Record<string, unknown>> = {}, headers: Headers = {}): Answer {
  const { http } = errorTable[error.code];
  // Which tier is full: there is one.
  const body = http === 507 ? { ...errorBody(error, more), tier: 'warm' } : errorBody(error, more);
  return json(http, body, { ...headersOf(error, http), ...headers });
}

function headersOf({ details }: MeridianError, status: number): Headers {
  if (status === 429 || status === 503) return { 'retry-after': typeof details.retryAfterMs === 'number' ? String(Math.max(1, Math.ceil(details.retryAfterMs / 1000))) : retrySeconds };
  if (status === 401) return { 'www-authenticate': 'Bearer realm="meridian"' };
  return typeof details.allow === 'string' ? { allow: details.allow } : {};
}

/** The table's error for an error reply of a command, by its words. */
export function errorOfReply({ line }: ReplyError): MeridianError {
  const space = line.indexOf(' ');
  const word = space < 0 ? line : line.slice(0, space);
  switch (word) {
    case 'NOPERM':
      return new MeridianError('NO_PERMISSION');
    case 'NOAUTH':
      return new MeridianError('NO_AUTH');
    case 'OOM':
      return quotaError(line) ?? new MeridianError('OUT_OF_MEMORY');
    case 'LIMIT':
      return new MeridianError('QUOTA_RATE', { quota: line.split(' ')[1], namespace: namespaceIn(line), retryMs: retryIn(line), retryAfterMs: retryIn(line) });
    case 'NOREPLICAS':
      return new MeridianError('NO_REPLICAS');
    case 'HIBERNATING':
      return new MeridianError('HIBERNATING');
    case 'WRONGTYPE':
      return new MeridianError('WRONG_TYPE');
    case 'LOADING':
      return new MeridianError('LOADING');
    case 'TRYAGAIN':
      return new MeridianError(line.includes('dependency') ? 'DEPENDENCIES_PENDING' : 'CLUSTER_DOWN');
    case 'MOVED':
    case 'ASK':
    case 'CLUSTERDOWN':
      return new MeridianError('CLUSTER_DOWN');
    default:
      if (line.includes('Fill token')) return new MeridianError('FILL_VOIDED');
      if (line.includes('exceeds maximum allowed size')) return new MeridianError('VALUE_TOO_LARGE', { limitBytes: /\((\d+)/.exec(line)?.[1] ?? '?' });
      return /internal error/.test(line) ? new MeridianError('INTERNAL', { reference: /\(([^)]*)\)/.exec(line)?.[1] ?? '?' }) : new MeridianError('INVALID_REQUEST', { detail: line.slice(space + 1) });
  }
}

/** The quota of a namespace, where the sentence is about one; else the node itself is full. */
function quotaError(line: string): MeridianError | undefined {
  const namespace = namespaceIn(line);
  if (namespace === '') return undefined;
  return new MeridianError(line.includes('key quota') ? 'QUOTA_KEYS' : 'QUOTA_MEMORY', { namespace });
}

const namespaceIn = (line: string): string => /namespace '([^']*)'/.exec(line)?.[1] ?? '';
const retryIn = (line: string): number => Number(/retry in (\d+) ms/.exec(line)?.[1] ?? 1000);
