import { expect, it } from 'vitest';
import { driveCluster } from './cluster-driver.ts';
import { essence, startInProcess } from './in-process.ts';
import { killablePort } from './killable-port.ts';
import { driveNamespace } from './namespace-driver.ts';

const longEnoughMs = 20_000;

/** An operator that dies at its n-th await while one namespace comes, one changes and two go, and another that finds what it left. */
async function run(deadline: number, moment: 'before' | 'after') {
  const world = startInProcess();
  const { ports, kube, nodes } = world;
  const [comes, changes, goes, leavesKeys] = ['comes', 'changes', 'goes', 'leaves-keys'].map((name) => driveNamespace(kube, 'apps', name));
  await driveCluster(kube, 'apps').create();
  for (const one of [changes, goes]) await one.create();
  await leavesKeys.create({ deletionPolicy: 'Keep' });
  const first = world.operator();
  await ports.advance(longEnoughMs);
  await first.stop();
  await comes.create({ defaultTtl: '1m' });
  await changes.edit({ maxTtl: '1h' });
  for (const one of [goes, leavesKeys]) await one.delete();
  const killable = killablePort(kube, nodes.nodeApi, deadline, moment);
  const doomed = world.operator(killable.port, killable.nodeApi);
  await ports.advance(longEnoughMs);
  const died = killable.killed;
  if (!died) await doomed.stop();
  const second = world.operator();
  await ports.advance(longEnoughMs);
  await second.stop();
  const end = essence(await world.stored());
  const document = [...nodes.documents.values()][0];
  await world.stop();
  return { end, document, died, calls: [...killable.calls] };
}

it('an operator killed at any await while namespaces come, change and go leaves nothing behind that the next one does not finish', async () => {
  const undisturbed = await run(0, 'before');
  expect(undisturbed.document).toMatchObject({ revision: 2, namespaces: [{ name: 'changes', maxTtlMs: 3_600_000 }, { name: 'comes' }], retired: [{ name: 'goes' }] });
  expect(Object.keys(undisturbed.end).filter((id) => id.startsWith('CacheNamespace/'))).toEqual(['CacheNamespace/changes', 'CacheNamespace/comes']);
  const awaited = undisturbed.calls.slice(0, undisturbed.calls.lastIndexOf('write') + 1);
  expect(awaited.length).toBeGreaterThan(10);
  for (const [index, kind] of awaited.entries()) {
    for (const moment of kind === 'write' ? (['before', 'after'] as const) : (['before'] as const)) {
      const { end, document, died } = await run(index + 1, moment);
      expect(died, `await ${index + 1} is reached`).toBe(true);
      expect(document, `killed ${moment} await ${index + 1}`).toEqual(undisturbed.document);
      expect(end, `killed ${moment} await ${index + 1}`).toEqual(undisturbed.end);
    }
  }
}, 120_000);
