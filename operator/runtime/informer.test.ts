import { expect, test } from 'vitest';
import { manualPorts, settle } from '../../test/runtime/manual-ports.ts';
import { configMap, scriptedKube } from '../../test/runtime/scripted-kube.ts';
import { silentLogger } from '../../shared/log/log.ts';
import { KubeError } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { startInformer, type InformerOptions } from './informer.ts';
import { keyOf } from './object-key.ts';

function started(more: Partial<InformerOptions> = {}) {
  const kube = scriptedKube();
  const ports = manualPorts();
  const changes: string[] = [];
  const informer = startInformer({ kube, ports, type: resourceTypes.configMap, log: silentLogger, ...more });
  informer.onChange((change) => changes.push(`${change.kind} ${keyOf(change.object)}@${change.object.metadata.resourceVersion}`));
  return { kube, ports, informer, changes };
}

async function synced(more: Partial<InformerOptions> = {}) {
  const all = started(more);
  all.kube.lists[0].answer({ items: [configMap('a', '3'), configMap('b', '4')], resourceVersion: '9' });
  await settle();
  all.changes.length = 0;
  return all;
}

const expired = new KubeError(410, 'Expired', 'too old resource version');

test('lists page by page, then watches from the version of the list', async () => {
  const { kube, informer, changes } = started({ timing: { pageSize: 1 } });
  kube.lists[0].answer({ items: [configMap('a', '3')], resourceVersion: '9', continue: 'more' });
  await settle();
  expect(informer.hasSynced()).toBe(false);
  expect(kube.lists[1].options).toMatchObject({ limit: 1, continue: 'more' });
  kube.lists[1].answer({ items: [configMap('b', '4')], resourceVersion: '9' });
  expect(await informer.whenSynced()).toBe(true);
  expect(changes).toEqual(['added default/a@3', 'added default/b@4']);
  expect(kube.watching.options).toMatchObject({ resourceVersion: '9', timeoutSeconds: 450 });
});

test('events change the store and reach handlers in order; a bookmark only moves the version', async () => {
  const { kube, informer, changes } = await synced();
  const { sink } = kube.watching;
  sink.event({ type: 'ADDED', object: configMap('c', '10') });
  sink.event({ type: 'MODIFIED', object: configMap('a', '11') });
  sink.event({ type: 'DELETED', object: configMap('b', '12') });
  sink.event({ type: 'BOOKMARK', resourceVersion: '20' });
  expect(changes).toEqual(['added default/c@10', 'modified default/a@11', 'deleted default/b@12']);
  expect(informer.store.list().map((object) => object.metadata.name).toSorted()).toEqual(['a', 'c']);
  expect(informer.seen('default')).toBe('20');
});

test('the server time-out resumes the watch at once from the last version seen, without a list', async () => {
  const { kube, ports } = await synced();
  kube.watching.sink.event({ type: 'BOOKMARK', resourceVersion: '30' });
  await ports.advance(60_000);
  kube.watching.sink.end();
  expect(kube.watches).toHaveLength(2);
  expect(kube.watching.options.resourceVersion).toBe('30');
  expect(kube.lists).toHaveLength(1);
});

test('watches that end as soon as they start are not reopened in a tight loop', async () => {
  const { kube, ports } = await synced();
  for (let i = 0; i < 20; i += 1) {
    kube.watching.sink.end();
    await ports.advance(100);
  }
  expect(kube.watches.length).toBeLessThan(5);
});

test('an error resumes the watch with growing back-off', async () => {
  const { kube, ports } = await synced({ timing: { firstBackoffMs: 1_000, mostBackoffMs: 8_000 } });
  const openedAfterMs: number[] = [];
  for (let failure = 0; failure < 6; failure += 1) {
    const before = kube.watches.length;
    const fromMs = ports.clock.monotonicMs();
    kube.watching.sink.end(new Error('connection reset'));
    while (kube.watches.length === before) await ports.advance(50);
    openedAfterMs.push(ports.clock.monotonicMs() - fromMs);
  }
  expect(openedAfterMs).toEqual([750, 1_500, 3_000, 6_000, 6_000, 6_000]);
});

test('410 lists anew at once and tells only what differs', async () => {
  const { kube, changes } = await synced();
  kube.watching.sink.end(expired);
  await settle();
  kube.lists[1].answer({ items: [configMap('a', '3'), configMap('c', '50')], resourceVersion: '60' });
  await settle();
  expect(changes).toEqual(['deleted default/b@4', 'added default/c@50']);
  expect(kube.watching.options.resourceVersion).toBe('60');
});

test('410 again and again backs off', async () => {
  const { kube, ports } = await synced();
  for (let i = 1; i < 40; i += 1) {
    kube.lists.at(-1)!.answer({ items: [], resourceVersion: '60' });
    await settle();
    kube.watching.sink.end(expired);
    await ports.advance(100);
  }
  expect(kube.lists.length).toBeLessThan(10);
});

test('a continue token that expires starts the list over, the second time without pages', async () => {
  const { kube, informer } = started({ timing: { pageSize: 1 } });
  kube.lists[0].answer({ items: [configMap('a', '3')], resourceVersion: '9', continue: 'x' });
  await settle();
  kube.lists[1].answer(expired);
  await settle();
  expect(kube.lists[2].options).toMatchObject({ limit: 1 });
  expect(kube.lists[2].options.continue).toBeUndefined();
  kube.lists[2].answer(expired);
  await settle();
  expect(kube.lists[3].options.limit).toBeUndefined();
  kube.lists[3].answer({ items: [configMap('z', '12')], resourceVersion: '13' });
  await settle();
  expect(informer.store.list().map(keyOf)).toEqual(['default/z']);
});

test('a failed list backs off, longer when the server says so', async () => {
  const { kube, ports, informer } = started();
  kube.lists[0].answer(new KubeError(429, 'TooManyRequests', 'slow down', { retryAfterSeconds: 7 }));
  await ports.advance(6_900);
  expect(kube.lists).toHaveLength(1);
  await ports.advance(200);
  expect(kube.lists).toHaveLength(2);
  kube.lists[1].answer({ items: [], resourceVersion: '1' });
  await settle();
  expect(informer.hasSynced()).toBe(true);
});

test('a page that never comes is asked for again, and its late answer is not heard', async () => {
  const { kube, ports, changes } = started({ timing: { pageTimeoutMs: 5_000 } });
  await ports.advance(6_000);
  expect(kube.lists).toHaveLength(2);
  kube.lists[1].answer({ items: [configMap('new', '8')], resourceVersion: '8' });
  await settle();
  kube.lists[0].answer({ items: [configMap('old', '2')], resourceVersion: '2' });
  await settle();
  expect(changes).toEqual(['added default/new@8']);
});

test('a silent watch is dropped and resumed; what the dead one says later is not heard', async () => {
  const { kube, ports, changes } = await synced({ timing: { idleMs: 10_000 } });
  const dead = kube.watching;
  await ports.advance(6_000);
  dead.sink.event({ type: 'BOOKMARK', resourceVersion: '15' });
  await ports.advance(9_000);
  expect(kube.watches).toHaveLength(1);
  await ports.advance(2_000);
  expect(kube.watches).toHaveLength(2);
  expect(dead.stopped).toBe(true);
  expect(kube.watching.options.resourceVersion).toBe('15');
  dead.sink.event({ type: 'ADDED', object: configMap('ghost', '16') });
  dead.sink.end(new Error('late'));
  expect(changes).toEqual([]);
});

test('handlers, indices and keep() that throw do not stop anything', async () => {
  const { kube, informer, changes } = await synced({
    indices: { bad: () => JSON.parse('{'), name: (object) => [object.metadata.name] },
    keep: () => JSON.parse('{'),
  });
  informer.onChange(() => {
    throw new Error('handler');
  });
  kube.watching.sink.event({ type: 'ADDED', object: configMap('c', '10') });
  expect(changes).toEqual(['added default/c@10']);
  expect(informer.store.by('name', 'c').map(keyOf)).toEqual(['default/c']);
  expect(informer.store.by('bad', 'c')).toEqual([]);
  expect(kube.watching.stopped).toBe(false);
});

test('an object of the same name with another UID was deleted in between', async () => {
  const { kube, changes } = await synced();
  kube.watching.sink.end(expired);
  await settle();
  kube.lists[1].answer({ items: [configMap('a', '70', { uid: 'second' }), configMap('b', '4')], resourceVersion: '71' });
  await settle();
  expect(changes).toEqual(['deleted default/a@3', 'added default/a@70']);
});

test('several namespaces are one store, synced when the last is; a relist of one leaves the others alone', async () => {
  const { kube, informer, changes } = started({ namespaces: ['one', 'two'] });
  kube.lists[0].answer({ items: [configMap('a', '3', { namespace: 'one' })], resourceVersion: '5' });
  await settle();
  expect(informer.hasSynced()).toBe(false);
  kube.lists[1].answer({ items: [configMap('b', '4', { namespace: 'two' })], resourceVersion: '6' });
  await settle();
  expect(informer.hasSynced()).toBe(true);
  expect([informer.seen('one'), informer.seen('two')]).toEqual(['5', '6']);
  kube.watches[0].sink.end(expired);
  await settle();
  kube.lists[2].answer({ items: [], resourceVersion: '8' });
  await settle();
  expect(changes).toEqual(['added one/a@3', 'added two/b@4', 'deleted one/a@3']);
});

test('stopping ends the watch, every timer and the wait for the first list', async () => {
  const early = started();
  early.informer.stop();
  expect(await early.informer.whenSynced()).toBe(false);
  const late = await synced();
  late.informer.stop();
  expect(late.kube.watching.stopped).toBe(true);
  expect([early.ports.pending, late.ports.pending]).toEqual([0, 0]);
});

test('managed fields are not kept in memory', async () => {
  const { kube, informer } = await synced();
  kube.watching.sink.event({ type: 'ADDED', object: configMap('c', '10', { managedFields: [{ manager: 'x' }] }) });
  expect(informer.store.get('default', 'c')?.metadata).not.toHaveProperty('managedFields');
});

test('the age of the watch is the time since anything was heard', async () => {
  const { kube, ports, informer } = await synced();
  await ports.advance(4_000);
  expect(informer.ageMs()).toBe(4_000);
  kube.watching.sink.event({ type: 'BOOKMARK', resourceVersion: '15' });
  expect(informer.ageMs()).toBe(0);
});

test('an optional type that is not there is empty, is looked for again, and is told of when it comes and goes', async () => {
  const absent = new KubeError(404, 'NotFound', 'the server could not find the requested resource');
  const told: boolean[] = [];
  const { kube, ports, informer, changes } = started({ optional: (there) => told.push(there), timing: { absentMs: 5_000 } });
  expect(informer.there()).toBe(undefined);
  kube.lists[0].answer(absent);
  expect(await informer.whenSynced()).toBe(true);
  await ports.advance(4_999);
  expect([informer.there(), kube.lists.length, told]).toEqual([false, 1, [false]]);
  await ports.advance(1);
  kube.lists[1].answer(new KubeError(403, 'Forbidden', 'not granted yet'));
  await settle();
  await ports.advance(5_000);
  kube.lists[2].answer({ items: [configMap('a', '3')], resourceVersion: '9' });
  await settle();
  expect([informer.there(), told]).toEqual([true, [false, true]]);
  kube.watching.sink.end(absent);
  await settle();
  kube.lists[3].answer(absent);
  await settle();
  expect([informer.there(), told, changes]).toEqual([false, [false, true, false], ['added default/a@3', 'deleted default/a@3']]);
});
