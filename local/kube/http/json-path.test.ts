import { describe, expect, it } from 'vitest';
import { evaluateJsonPath } from './json-path.ts';

const object = { spec: { regions: [{ name: 'us' }, { name: 'eu' }] }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };

describe('the JSONPath of printer columns', () => {
  it.each([
    ['.spec.regions[*].name', ['us', 'eu']],
    ['.spec.regions[1].name', ['eu']],
    [".status.conditions[?(@.type=='Ready')].status", ['True']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    ['.spec.missing.name', []],
    ['.spec|', []],
  ])('%s', (path, values) => {
    expect(evaluateJsonPath(object, path)).toEqual(values);
  });
});
