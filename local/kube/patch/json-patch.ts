import { KubeError } from '../../../operator/kube/port.ts';
import { type JsonObject, deepEqual, isObject } from '../../../shared/resources/admission/json.ts';

export interface JsonPatchOperation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

const refused = (message: string): KubeError => new KubeError(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`);

/** RFC 6902. 422 for an operation that cannot be done; nothing of the patch is done then. */
export function jsonPatch(target: unknown, operations: readonly JsonPatchOperation[]): unknown {
  return operations.reduce<unknown>((document, operation) => run(document, operation), target);
}

function run(document: unknown, { op, path, from = '', value }: JsonPatchOperation): unknown {
  if (typeof path !== 'string' || typeof from !== 'string') throw refused('an operation needs op and path');
  const at = tokens(path);
  switch (op) {
    case 'add':
      return change(document, at, value, 'add');
    case 'replace':
      lookUp(document, at);
      return change(document, at, value, 'replace');
    case 'remove':
      lookUp(document, at);
      return change(document, at, undefined, 'remove');
    case 'copy':
      return change(document, at, lookUp(document, tokens(from)), 'add');
    case 'move':
      return change(change(document, tokens(from), undefined, 'remove'), at, lookUp(document, tokens(from)), 'add');
    case 'test':
      if (!deepEqual(lookUp(document, at), value)) throw refused(`testing value ${path} failed`);
      return document;
    default:
      throw refused(`unexpected kind: ${op}`);
  }
}

const tokens = (path: string): readonly string[] => path.split('/').slice(1).map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));

function lookUp(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const token of path) {
    const next = Array.isArray(value) ? (value as unknown[])[Number(token)] : isObject(value) && Object.hasOwn(value, token) ? value[token] : undefined;
    if (next === undefined) throw refused(`missing value: ${path.join('/')}`);
    value = next;
  }
  return value;
}

function change(document: unknown, [token, ...rest]: readonly string[], value: unknown, how: 'add' | 'replace' | 'remove'): unknown {
  if (token === undefined) return value;
  if (Array.isArray(document)) return changeList(document as readonly unknown[], token, rest, value, how);
  if (!isObject(document)) throw refused(`missing parent of ${token}`);
  const copy: JsonObject = { ...document };
  if (rest.length > 0) copy[token] = change(document[token], rest, value, how);
  else if (how === 'remove') delete copy[token];
  else copy[token] = value;
  return copy;
}

function changeList(list: readonly unknown[], token: string, rest: readonly string[], value: unknown, how: 'add' | 'replace' | 'remove'): unknown {
  const index = token === '-' ? list.length : Number(token);
  if (!Number.isInteger(index) || index < 0 || index > list.length) throw refused(`index out of bounds: ${token}`);
  if (rest.length > 0) return list.with(index, change(list[index], rest, value, how));
  if (how === 'remove') return list.toSpliced(index, 1);
  return how === 'add' ? list.toSpliced(index, 0, value) : list.with(index, value);
}
