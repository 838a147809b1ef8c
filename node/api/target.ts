import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { maxKeyBytes } from '../engine/entry-layout.ts';

export const apiPrefix = '/api/v1/';
const percent = 0x25;

/** Calls of the API by their names in the OpenAPI document. */
export type CallName = 'get' | 'put' | 'delete' | 'mget' | 'mset' | 'flush' | 'stats' | 'topology' | 'openapi' | 'invalidate' | 'transact' | 'prefetch' | 'analytics' | 'migrate';

export interface Target {
  readonly call: CallName;
  readonly namespace: string;
  /** As it stands in the store, without the namespace's prefix; empty where the call is about no single key. */
  readonly key: Buffer;
  /** Without the `?`. */
  readonly query: string;
}

type Methods = Readonly<Record<string, CallName>>;

const ofKey: Methods = { GET: 'get', HEAD: 'get', PUT: 'put', DELETE: 'delete' };
/** Last segments that are calls with one of their methods; with the others, and percent-encoded (`%73tats`), they are keys. */
const ofNamespace: Readonly<Record<string, Methods>> = {
  stats: { GET: 'stats', HEAD: 'stats' },
  analytics: { GET: 'analytics' },
  mget: { POST: 'mget' },
  mset: { POST: 'mset' },
  invalidate: { POST: 'invalidate' },
  transact: { POST: 'transact' },
  prefetch: { POST: 'prefetch' },
};
const wholeNamespace: Methods = { DELETE: 'flush' };
const fixed: Readonly<Record<string, Methods>> = { 'openapi.json': { GET: 'openapi', HEAD: 'openapi' }, 'cache/topology': { GET: 'topology', HEAD: 'topology', ...wholeNamespace }, 'cache/migrate': { POST: 'migrate', ...wholeNamespace } };
const longestFixed = Math.max(...Object.keys(fixed).map(({ length }) => length));
const longestOfNamespace = Math.max(...Object.keys(ofNamespace).map(({ length }) => length));
const noKey = Buffer.alloc(0);
const namespaceName = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** What a request below /api/v1/ asks for. Paths are taken as they came: `..` and `//` are part of a key. Throws NO_ROUTE, METHOD_NOT_ALLOWED, INVALID_NAMESPACE, INVALID_KEY, KEY_TOO_LARGE. */
export function parseTarget(method: string, url: string): Target {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url.slice(apiPrefix.length) : url.slice(apiPrefix.length, mark);
  const query = mark < 0 ? '' : url.slice(mark + 1);
  const known = path.length <= longestFixed ? fixed[path] : undefined;
  if (known !== undefined) return { call: callOf(known, method, path), namespace: namespaceOf(path), key: noKey, query };
  if (!path.startsWith('cache/')) throw new MeridianError('NO_ROUTE', { method, path: shown(path) });
  const slash = path.indexOf('/', 6);
  if (slash < 0) return { call: callOf(wholeNamespace, method, path), namespace: checkedNamespace(path.slice(6)), key: noKey, query };
  const rest = path.slice(slash + 1);
  const namespace = checkedNamespace(path.slice(6, slash));
  const special = rest.length <= longestOfNamespace && Object.hasOwn(ofNamespace, rest) ? ofNamespace[rest][method] : undefined;
  if (special !== undefined) return { call: special, namespace, key: noKey, query };
  return { call: callOf(ofKey, method, path), namespace, key: decodeKey(rest), query };
}

const shown = (path: string): string => `/api/v1/${path.slice(0, 200)}`;
const namespaceOf = (path: string): string => (path.startsWith('cache/') ? path.slice(6) : '');

function callOf(methods: Methods, method: string, path: string): CallName {
  const call = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (call === undefined) throw new MeridianError('METHOD_NOT_ALLOWED', { method, path: shown(path), allow: Object.keys(methods).join(', ') });
  return call;
}

function checkedNamespace(segment: string): string {
  if (!namespaceName.test(segment)) throw new MeridianError('INVALID_NAMESPACE');
  return segment;
}

/** Percent-decoded once, to bytes: `%ff` is a byte like any other. */
function decodeKey(text: string): Buffer {
  const raw = Buffer.from(text, 'latin1');
  const key = text.includes('%') ? unescaped(raw) : raw;
  if (key.length > maxKeyBytes) throw new MeridianError('KEY_TOO_LARGE', { limitBytes: maxKeyBytes });
  if (key.length === 0) throw new MeridianError('INVALID_KEY', { detail: 'it is empty' });
  return key;
}

function unescaped(raw: Buffer): Buffer {
  const key = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] !== percent) {
      key[length++] = raw[i];
      continue;
    }
    const value = 16 * hexDigit(raw[i + 1]) + hexDigit(raw[i + 2]);
    if (Number.isNaN(value)) throw new MeridianError('INVALID_KEY', { detail: 'a % is not followed by two hexadecimal digits' });
    key[length++] = value;
    i += 2;
  }
  return key.subarray(0, length);
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return Number.NaN;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : Number.NaN;
}

/** A key of a JSON body. */
export function keyOfText(text: string): Buffer {
  const key = Buffer.from(text);
  if (key.length > maxKeyBytes) throw new MeridianError('KEY_TOO_LARGE', { limitBytes: maxKeyBytes });
  if (key.length === 0) throw new MeridianError('INVALID_KEY', { detail: 'it is empty' });
  return key;
}
