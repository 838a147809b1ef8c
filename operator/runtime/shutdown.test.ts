import { expect, test } from 'vitest';
import { manualPorts } from '../../test/runtime/manual-ports.ts';
import { silentLogger } from '../../shared/log/log.ts';
import { shutDown } from './shutdown.ts';

test('steps run in order, past one that fails', async () => {
  const ran: string[] = [];
  const step = (name: string, run = () => {}) => ({ name, run: () => (ran.push(name), run()) });
  const failing = step('events', () => {
    throw new Error('no');
  });
  expect(await shutDown([step('controllers'), failing, step('lease')], 1_000, { ports: manualPorts(), log: silentLogger })).toBe(true);
  expect(ran).toEqual(['controllers', 'events', 'lease']);
});

test('a step that hangs ends the wait, not before its time', async () => {
  const ports = manualPorts();
  let result: boolean | undefined;
  void shutDown([{ name: 'hang', run: () => new Promise(() => {}) }], 1_000, { ports, log: silentLogger }).then((ended) => (result = ended));
  await ports.advance(999);
  expect(result).toBeUndefined();
  await ports.advance(1);
  expect(result).toBe(false);
});
