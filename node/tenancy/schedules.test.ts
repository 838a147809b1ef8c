import { expect, it } from 'vitest';
import { createLogger } from '../../shared/log/log.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { oneNodeView } from '../../test/protocol/one-node-view.ts';
import { StoreDriver } from '../engine/store-driver.ts';
import { createNodeContext } from '../server/create-node-context.ts';
import { settingsFor } from '../tenants/test-namespaces.ts';
import { createTenancyDesk } from './tenancy-desk.ts';

const minute = (text: string): number => Date.parse(`2026-03-01T${text}Z`);

it('removes the keys that a schedule names at its minutes, once, and on the node that leads only', async () => {
  let wallMs = minute('09:58:30');
  let leads = true;
  let look: () => void = () => undefined;
  const settled: (() => void)[] = [];
  const clock = { wallMs: () => wallMs, monotonicMs: () => wallMs };
  const timers = { ...systemPorts.timers, every: (_ms: number, run: () => void) => ((look = run), systemPorts.timers.after(0, () => undefined)) };
  const ports = { ...systemPorts, clock, timers };
  const driver = new StoreDriver();
  const context = createNodeContext({ ports, cluster: oneNodeView(1), store: driver.store });
  const { registry } = context.internals.tenants;
  const log = createLogger({ clock, write: () => settled.shift()?.() });
  const desk = createTenancyDesk({ ports, log, context, bus: { connect: () => Promise.reject(new Error('there is no other node')) } as never, recordOf: () => undefined, leads: () => leads, epoch: () => 1, incarnation: 'one' });
  registry.apply({ formatVersion: 1, revision: 1, namespaces: [settingsFor('all', { invalidation: { schedule: '0 10 * * *' } }), settingsFor('some', { invalidation: { schedule: '*/5 * * * *', pattern: 'page-*' } }), settingsFor('never')], retired: [] });
  const fill = (): void => ['all:1', 'some:page-1', 'some:user-1', 'never:1'].forEach((key) => driver.set(key, Buffer.from('v'), 0));
  const counts = (): readonly number[] => ['all', 'some', 'never'].map((name) => registry.keyCount(name));
  const at = async (text: string, runs: number): Promise<readonly number[]> => {
    wallMs = minute(text);
    const done = Array.from({ length: runs }, () => new Promise<void>((resolve) => settled.push(resolve)));
    for (let i = 0; i < 3; i++) look();
    await Promise.all(done);
    return counts();
  };
  desk.start();
  fill();
  expect(await at('09:59:59', 0)).toEqual([1, 2, 1]);
  expect(await at('10:00:00', 2)).toEqual([0, 1, 1]);
  fill();
  expect(await at('10:00:59', 0)).toEqual([1, 2, 1]);
  expect(await at('10:05:30', 1)).toEqual([1, 1, 1]);
  leads = false;
  fill();
  expect(await at('10:10:00', 0)).toEqual([1, 2, 1]);
  desk.stop();
});
