import { expect, it } from 'vitest';
import { createLogger } from '../../shared/log/log.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { oneNodeView } from '../../test/protocol/one-node-view.ts';
import { createNodeContext } from '../server/create-node-context.ts';
import { StoreDriver } from '../engine/store-driver.ts';
import { createRegionInvalidation } from './region-invalidation.ts';

it('says that nobody confirmed an invalidation while it is not known who has the slots', async () => {
  const view = { ...oneNodeView(1), shardOfSlot: new Int16Array(16_384).fill(-1) };
  const { tenants: services } = createNodeContext({ ports: systemPorts, cluster: view, store: new StoreDriver().store }).internals;
  const log = createLogger({ clock: systemPorts.clock, write: () => undefined });
  const { everywhere } = createRegionInvalidation({ log, bus: { connect: () => Promise.reject(new Error('there is no other node')) }, services, view: () => view, recordOf: () => undefined, leads: () => false, frozen: () => false });
  expect(await everywhere('default', { kind: 'all' })).toEqual({ deleted: 0, unreachable: [0] });
});
