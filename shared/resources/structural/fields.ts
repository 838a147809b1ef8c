import { z } from 'zod';
import { durationRules, quantityRules } from '../cache-cluster/rules.ts';
import type { CelRule } from './schema.ts';

/** Building blocks of the resources' schemas; every list, map and text is bounded, so that rules stay within the API server's cost limit. */
export const validations = (rules: readonly CelRule[]): { 'x-kubernetes-validations': readonly CelRule[] } => ({ 'x-kubernetes-validations': rules });

export const text = (maxLength: number) => z.string().max(maxLength);

export const int32 = (min: number, max: number) => z.int().min(min).max(max).meta({ format: 'int32' });

export const quantity = (rules: readonly CelRule[] = quantityRules) =>
  z.union([z.int(), z.string()]).meta({ 'x-kubernetes-int-or-string': true, maxLength: 32, ...validations(rules) });

export const duration = () => z.string().max(32).meta(validations(durationRules));

export const stringMap = (maxEntries: number, maxLength: number, rules: readonly CelRule[] = []) =>
  z.record(z.string(), text(maxLength)).meta({ maxProperties: maxEntries, ...(rules.length > 0 ? validations(rules) : {}) });

export const secretRef = () => z.object({ name: text(253).min(1).describe('Name of the Secret, in the namespace of this object.') });

/** A list whose items are told apart by one field, so that two appliers can own different items. */
export const listMap = <T extends z.ZodType>(item: T, key: string, maxItems: number) =>
  z.array(item).max(maxItems).meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });

export const atomicList = <T extends z.ZodType>(item: T, maxItems: number) => z.array(item).max(maxItems).meta({ 'x-kubernetes-list-type': 'atomic' });
