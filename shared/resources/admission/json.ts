export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

export function deepEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) return left.length === right.length && left.every((item, index) => deepEqual(item, right[index]));
  if (!isObject(left) || !isObject(right)) return false;
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => Object.hasOwn(right, name) && deepEqual(left[name], right[name]));
}

/** Fields in alphabetical order, as the API server writes them: equal objects have equal texts. Undefined ones are left out. */
export function sortedFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedFields);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .filter((name) => value[name] !== undefined)
      .toSorted()
      .map((name) => [name, sortedFields(value[name])]),
  );
}
