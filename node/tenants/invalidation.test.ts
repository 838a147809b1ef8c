import { expect, it } from 'vitest';
import { systemPorts } from '../../shared/ports/system.ts';
import { oneNodeView } from '../../test/protocol/one-node-view.ts';
import { StoreDriver } from '../engine/store-driver.ts';
import { createNodeContext } from '../server/create-node-context.ts';
import { settingsFor } from './test-namespaces.ts';

it('removes a key by its name in its own namespace only', async () => {
  const driver = new StoreDriver();
  const { registry, invalidations } = createNodeContext({ ports: systemPorts, cluster: oneNodeView(1), store: driver.store }).internals.tenants;
  registry.apply({ formatVersion: 1, revision: 1, namespaces: [settingsFor('shop')], retired: [] });
  for (const key of ['shop:1', 'plain', 'other:1']) driver.set(key, Buffer.from('v'), 0);
  expect(await invalidations.run('default', { kind: 'key', key: 'shop:1' })).toBe(0);
  expect(await invalidations.run('default', { kind: 'key', key: 'plain' })).toBe(1);
  // What stands before the colon is a namespace only where there is one.
  expect(await invalidations.run('default', { kind: 'key', key: 'other:1' })).toBe(1);
  expect(await invalidations.run('shop', { kind: 'key', key: '1' })).toBe(1);
});
