import { expect, test } from 'vitest';
import { manualPorts, settle } from '../../test/runtime/manual-ports.ts';
import { recordSpans } from '../../test/runtime/recorded-spans.ts';
import { createLogger } from '../../shared/log/log.ts';
import { KubeError } from '../kube/port.ts';
import { createController, done, type ControllerOptions, type Outcome, type Pass } from './controller.ts';
import { silentObserver } from './observer.ts';

function running(reconcile: (pass: Pass) => Promise<Outcome>, more: Partial<ControllerOptions> = {}) {
  const ports = manualPorts();
  const lines: string[] = [];
  const log = createLogger({ clock: ports.clock, write: (line) => lines.push(line) });
  const controller = createController({ name: 'cluster', ports, log, reconcile, ...more });
  controller.start();
  return { ports, controller, records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

/** Passes that a test ends one by one. */
function held() {
  const open = new Map<string, (outcome: Outcome) => void>();
  return { open, reconcile: ({ key }: Pass) => new Promise<Outcome>((resolve) => open.set(key, resolve)) };
}

test('as many keys at a time as there are workers, one pass at a time for a key', async () => {
  const { open, reconcile } = held();
  const { controller } = running(reconcile, { workers: 2 });
  for (const key of ['a', 'b', 'c']) controller.queue.add(key);
  await settle();
  controller.queue.add('a');
  expect([...open.keys()]).toEqual(['a', 'b']);
  open.get('a')!(done);
  await settle();
  expect([...open.keys()]).toEqual(['a', 'b', 'c']);
});

test('a throw, a failed outcome and a later time each bring the key back when they should', async () => {
  const passes: string[] = [];
  const results: string[] = [];
  const { ports, controller, records } = running(
    async ({ key, id }) => {
      passes.push(`${key} ${ports.clock.monotonicMs()}`);
      expect(id).toMatch(/^[0-9a-f]{8}$/);
      if (passes.length === 1) throw new Error('boom');
      if (passes.length === 2) return { kind: 'failed', error: new KubeError(429, 'TooManyRequests', 'slow', { retryAfterSeconds: 3 }) };
      if (passes.length === 3) return { kind: 'again', afterMs: 10_000 };
      return done;
    },
    { backoff: { firstMs: 1_000, mostMs: 8_000 }, observer: { ...silentObserver, reconciled: (_name, result) => results.push(result) } },
  );
  controller.queue.add('default/web');
  await ports.advance(60_000);
  expect(passes).toEqual(['default/web 0', 'default/web 750', 'default/web 3750', 'default/web 13750']);
  expect(results).toEqual(['failed', 'failed', 'again', 'done']);
  expect(records()[0]).toMatchObject({ level: 'warn', controller: 'cluster', object: 'default/web', reconcile: expect.any(String), error: { message: 'boom' } });
});

test('stop starts no further pass and waits for the one under way', async () => {
  const { open, reconcile } = held();
  const { controller } = running(reconcile, { workers: 1 });
  controller.queue.add('a');
  controller.queue.add('b');
  await settle();
  let stopped = false;
  void controller.stop().then(() => (stopped = true));
  await settle();
  expect(stopped).toBe(false);
  open.get('a')!(done);
  await settle();
  expect(stopped).toBe(true);
  expect([...open.keys()]).toEqual(['a']);
});

test('each pass is a span that says what it was about and how it ended', async () => {
  const { spans, stop } = recordSpans();
  const { ports, controller } = running(({ key }) => (key === 'bad' ? Promise.reject(new Error('boom')) : Promise.resolve(done)));
  controller.queue.add('default/web');
  controller.queue.add('bad');
  await ports.advance(0);
  stop();
  expect(spans).toEqual([
    { name: 'reconcile cluster', attributes: { 'meridian.object': 'default/web', 'meridian.reconcile': expect.any(String), 'meridian.outcome': 'done' }, failed: false, ended: true },
    { name: 'reconcile cluster', attributes: { 'meridian.object': 'bad', 'meridian.reconcile': expect.any(String) }, failed: true, ended: true },
  ]);
});
