import { isObject } from '../../../shared/resources/admission/json.ts';

const step = /^(?:\.([A-Za-z0-9_-]+)|\[\*\]|\[(\d+)\]|\['([^']*)'\]|\[\?\(@\.([A-Za-z0-9_]+)\s*==\s*(?:'([^']*)'|"([^"]*)")\)\])/;

/** The part of Kubernetes' JSONPath that printer columns use: fields, `[*]`, `[0]`, `['a']`, `[?(@.type=='Ready')]`. */
export function evaluateJsonPath(object: unknown, path: string): readonly unknown[] {
  let values: readonly unknown[] = [object];
  let rest = path;
  while (rest !== '') {
    const match = step.exec(rest);
    if (!match) return [];
    rest = rest.slice(match[0].length);
    values = values.flatMap((value) => take(value, match));
  }
  return values.filter((value) => value !== undefined && value !== null);
}

function take(value: unknown, [whole, field, index, key, filterField, single, double]: RegExpExecArray): readonly unknown[] {
  const name = field ?? key;
  if (name !== undefined) return isObject(value) ? [value[name]] : [];
  if (!Array.isArray(value)) return [];
  const items = value as readonly unknown[];
  if (index !== undefined) return [items[Number(index)]];
  if (whole === '[*]') return items;
  return items.filter((item) => isObject(item) && item[filterField] === (single ?? double));
}
