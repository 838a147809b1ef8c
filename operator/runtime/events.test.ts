import { expect, test } from 'vitest';
import { manualPorts, settle } from '../../test/runtime/manual-ports.ts';
import { configMap } from '../../test/runtime/scripted-kube.ts';
import { silentLogger } from '../../shared/log/log.ts';
import { KubeError, type KubeObject } from '../kube/port.ts';
import { createEventRecorder, type EventInput } from './events.ts';

const failover: EventInput = { type: 'Normal', reason: 'FailedOver', action: 'Observe', note: 'shard 3 has a new primary' };

function recording(patchError?: Error) {
  const ports = manualPorts();
  const created: KubeObject[] = [];
  const patched: Record<string, unknown>[] = [];
  const kube = {
    create: (_type: unknown, object: KubeObject) => (created.push(object), Promise.resolve(object)),
    patch: (_type: unknown, _namespace: unknown, _name: unknown, patch: Record<string, unknown>) => (patched.push(patch), patchError ? Promise.reject(patchError) : Promise.resolve(created[0])),
  };
  const recorder = createEventRecorder({ kube, ports, log: silentLogger, controller: 'meridiancache.io/operator', instance: 'pod-1' });
  return { ports, created, patched, recorder };
}

test('an event says when, what, why and about which object', async () => {
  const { created, recorder } = recording();
  recorder.record(configMap('web', '7'), failover);
  await settle();
  expect(created).toEqual([
    {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: 'default', name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'meridiancache.io/operator',
      reportingInstance: 'pod-1',
      regarding: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'web', uid: 'uid-web', resourceVersion: '7' },
      ...failover,
    },
  ]);
});

test('repeats become one series, written at most twice a minute', async () => {
  const { ports, created, patched, recorder } = recording();
  for (let second = 0; second < 60; second += 1) {
    recorder.record(configMap('web', '7'), failover);
    await ports.advance(1_000);
  }
  expect(created).toHaveLength(1);
  expect(patched).toEqual([{ series: { count: 31, lastObservedTime: '2026-01-01T00:00:30.000000Z' } }]);
  await recorder.stop();
  expect(patched.at(-1)).toEqual({ series: { count: 60, lastObservedTime: '2026-01-01T00:00:59.000000Z' } });
});

test('after a quiet time the same event is a new one', async () => {
  const { ports, created, recorder } = recording();
  recorder.record(configMap('web', '7'), failover);
  await ports.advance(400_000);
  recorder.record(configMap('web', '7'), failover);
  await settle();
  expect(created).toHaveLength(2);
});

test('one object cannot make more than its share, another is not hindered', async () => {
  const { ports, created, recorder } = recording();
  for (let i = 0; i < 100; i += 1) recorder.record(configMap('web', '7'), { ...failover, reason: `R${i}` });
  recorder.record(configMap('other', '7'), failover);
  await settle();
  expect(created.filter((event) => (event.regarding as { name: string }).name === 'web')).toHaveLength(50);
  expect(created).toHaveLength(51);
  await ports.advance(600_000);
  for (let i = 0; i < 100; i += 1) recorder.record(configMap('web', '7'), { ...failover, reason: `S${i}` });
  await settle();
  expect(created).toHaveLength(61);
});

test('what a reason says anew is a new event, until the share is used up', async () => {
  const { created, patched, recorder } = recording();
  for (let i = 0; i < 60; i += 1) recorder.record(configMap('web', '7'), { ...failover, note: `pod ${i} is missing` });
  await settle();
  expect(created.map(({ note }) => note)).toEqual(Array.from({ length: 50 }, (_, i) => `pod ${i} is missing`));
  await recorder.stop();
  expect(patched).toMatchObject([{ series: { count: 11 } }]);
});

test('a series whose event has expired is written anew, with its count', async () => {
  const { ports, created, recorder } = recording(new KubeError(404, 'NotFound', 'gone'));
  recorder.record(configMap('web', '7'), failover);
  recorder.record(configMap('web', '7'), failover);
  await ports.advance(31_000);
  expect(created).toHaveLength(2);
  expect(created[1]).toMatchObject({ series: { count: 2 }, metadata: created[0].metadata });
});

test('a note is cut at 1,024 bytes, between characters', async () => {
  const { created, recorder } = recording();
  recorder.record(configMap('web', '7'), { ...failover, note: 'ä'.repeat(2_000) });
  await settle();
  const note = created[0].note as string;
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024);
  expect(note).toMatch(/^ä+…$/);
});
