import { isObject } from '../../../shared/resources/admission/json.ts';

/** `.spec.shards` of a scale subresource. */
export function readPath(object: unknown, path: string): unknown {
  let value = object;
  for (const name of path.split('.').slice(1)) value = isObject(value) ? value[name] : undefined;
  return value;
}

/** A copy with the field set; what is missing on the way is made. */
export function writePath<T extends object>(object: T, path: string, value: unknown): T {
  const [, ...names] = path.split('.');
  const write = (target: unknown, [name, ...rest]: readonly string[]): unknown => {
    const fields = isObject(target) ? target : {};
    return { ...fields, [name]: rest.length === 0 ? value : write(fields[name], rest) };
  };
  return write(object, names) as T;
}
