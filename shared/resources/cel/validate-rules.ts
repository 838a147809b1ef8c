import type { CelRule, StructuralSchema } from '../structural/schema.ts';
import { type FieldError, childPath, fieldError, omitted } from '../admission/field-error.ts';
import { deepEqual, isObject } from '../admission/json.ts';
import { childSchema } from '../admission/normalize.ts';
import { oldItem } from '../admission/validate-schema.ts';
import { celEnvironment } from './environment.ts';

interface Program {
  readonly rule: CelRule;
  readonly usesOldSelf: boolean;
  readonly run: (context: { self: unknown; oldSelf?: unknown }) => unknown;
}

/** Compiled at first use: starting a node must not pay for it. */
const programs = new Map<CelRule, Program>();

function programOf(rule: CelRule): Program {
  const known = programs.get(rule);
  if (known) return known;
  const program: Program = { rule, usesOldSelf: /\boldSelf\b/.test(rule.rule), run: celEnvironment.parse(rule.rule) };
  programs.set(rule, program);
  return program;
}

/** Every rule of the schema on the value, outer ones first. Rules that name oldSelf run only where there is something stored to compare with. */
export function validateRules(value: unknown, schema: StructuralSchema, path: string, old?: unknown): readonly FieldError[] {
  if (value === undefined || value === null) return [];
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) => check(programOf(rule), value, schema, path, old));
  return [...own, ...childrenOf(value, schema, path, old)];
}

function check({ rule, usesOldSelf, run }: Program, value: unknown, schema: StructuralSchema, path: string, old: unknown): readonly FieldError[] {
  if (usesOldSelf && old === undefined) return [];
  if (!usesOldSelf && old !== undefined && deepEqual(value, old)) return [];
  let holds: unknown;
  try {
    holds = run({ self: celValue(value, schema), ...(old === undefined ? {} : { oldSelf: celValue(old, schema) }) });
  } catch (error) {
    return [fieldError(path, 'FieldValueInvalid', schema.type ?? '', `${(error as Error).message} evaluating rule: ${rule.message}`)];
  }
  if (holds === true) return [];
  const place = rule.fieldPath === undefined ? path : childPath(path, rule.fieldPath.slice(1));
  const shown = schema.type === 'object' || schema.type === 'array' ? omitted : value;
  return [fieldError(place, 'FieldValueInvalid', shown, rule.message)];
}

function childrenOf(value: unknown, schema: StructuralSchema, path: string, old: unknown): readonly FieldError[] {
  const { items } = schema;
  if (Array.isArray(value) && items !== undefined) {
    return value.flatMap((item, index) => validateRules(item, items, `${path}[${index}]`, oldItem(schema, item, old)));
  }
  if (!isObject(value)) return [];
  const oldFields = isObject(old) ? old : {};
  return Object.entries(value).flatMap(([name, child]) => {
    const known = childSchema(schema, name);
    return known === undefined ? [] : validateRules(child, known, childPath(path, name), oldFields[name]);
  });
}

/** CEL integers are 64 bits wide: the schema says which numbers are integers. */
function celValue(value: unknown, schema: StructuralSchema | undefined): unknown {
  if (typeof value === 'number') return schema?.type === 'number' || !Number.isInteger(value) ? value : BigInt(value);
  if (Array.isArray(value)) return value.map((item) => celValue(item, schema?.items));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, celValue(child, schema === undefined ? undefined : childSchema(schema, name))]));
}
