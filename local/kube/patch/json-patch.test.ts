import { expect, it } from 'vitest';
import { KubeError } from '../../../operator/kube/port.ts';
import { jsonPatch, type JsonPatchOperation } from './json-patch.ts';

it.each([[{ op: 'add' }], [{ op: 'x', path: '/a' }], [{ op: 'move', path: '/a', from: 7 }], [{ op: 'remove', path: '/none' }]])('refuses %j as the client\'s fault', (operation) => {
  expect(() => jsonPatch({ a: 1 }, [operation as unknown as JsonPatchOperation])).toThrow(KubeError);
});
