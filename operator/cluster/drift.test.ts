import { describe, expect, it } from 'vitest';
import { annotations } from '../../shared/kube/names.ts';
import { differs, sealed } from './drift.ts';

describe('drift', () => {
  it('is a field of ours with another value, or without one', () => {
    expect(differs({ a: { b: 1 } }, { a: { b: 1 } })).toBe(false);
    expect(differs({ a: { b: 1 } }, { a: { b: 2 } })).toBe(true);
    expect(differs({ a: { b: 1 } }, { a: {} })).toBe(true);
    expect(differs({ a: { b: 1 } }, {})).toBe(true);
    expect(differs({ a: { b: 1 } }, { a: 'text' })).toBe(true);
  });

  it('is not what the server or others have added', () => {
    expect(differs({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(differs({ ports: [{ name: 'x', port: 1 }] }, { ports: [{ name: 'y', port: 2 }, { name: 'x', port: 1, protocol: 'TCP' }] })).toBe(false);
  });

  it('is more of what the API treats as one value', () => {
    expect(differs({ ingress: [{}] }, { ingress: [{}, {}] })).toBe(true);
    expect(differs({ verbs: ['get'] }, { verbs: ['get', 'list'] })).toBe(true);
    expect(differs({ selector: { a: '1' } }, { selector: { a: '1', b: '2' } })).toBe(true);
    expect(differs({ matchLabels: { a: '1' } }, { matchLabels: {} })).toBe(true);
  });

  it('is not an empty list that the server leaves out', () => {
    expect(differs({ ingress: [] }, {})).toBe(false);
    expect(differs({ env: [] }, {})).toBe(false);
    expect(differs({ env: [{ name: 'A' }] }, {})).toBe(true);
  });

  it('of a quantity is another amount, not another writing', () => {
    expect(differs({ limits: { memory: '1024Mi', cpu: '0.5' } }, { limits: { memory: '1Gi', cpu: '500m' } })).toBe(false);
    expect(differs({ requests: { storage: '1Gi' } }, { requests: { storage: '2Gi' } })).toBe(true);
    expect(differs({ image: '1Gi' }, { image: '1024Mi' })).toBe(true);
  });
});

it('the seal changes with the object, so that a field left out is seen', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', annotations: { own: 'x' } }, data: { k: 'v' } };
  const seal = (one: typeof object): string | undefined => sealed(one).metadata.annotations?.[annotations.appliedHash];
  expect(seal(object)).toMatch(/^[0-9a-f]{16}$/);
  expect(seal({ ...object, data: { k: 'w' } })).not.toBe(seal(object));
  expect(sealed(object).metadata.annotations).toHaveProperty('own', 'x');
});
