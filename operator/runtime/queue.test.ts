import fc from 'fast-check';
import { expect, test } from 'vitest';
import { manualPorts, settle } from '../../test/runtime/manual-ports.ts';
import { createWorkQueue } from './queue.ts';

const created = () => {
  const ports = manualPorts();
  return { ports, queue: createWorkQueue({ ports, backoff: { firstMs: 1_000, mostMs: 8_000 } }) };
};

test('a key asked for many times is handed out once, in order of asking', async () => {
  const { queue } = created();
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
  expect(queue.depth).toBe(2);
  expect((await queue.next())?.key).toBe('a');
  expect((await queue.next())?.key).toBe('b');
  expect(queue.depth).toBe(0);
});

test('a key in work is not handed to a second worker; asked for meanwhile it comes once more', async () => {
  const { queue } = created();
  queue.add('a');
  await queue.next();
  queue.add('a');
  queue.add('a');
  expect(queue.depth).toBe(0);
  queue.done('a');
  expect(queue.depth).toBe(1);
  expect((await queue.next())?.key).toBe('a');
  queue.done('a');
  expect(queue.depth).toBe(0);
});

test('a waiting worker gets the key as soon as it is added', async () => {
  const { queue } = created();
  const handed = queue.next();
  queue.add('a');
  expect(await handed).toEqual({ key: 'a', waitedMs: 0 });
});

test('of two delays the earlier wins, and handing the key out cancels it', async () => {
  const { ports, queue } = created();
  queue.addAfter('a', 5_000);
  queue.addAfter('a', 2_000);
  queue.addAfter('a', 9_000);
  await ports.advance(1_999);
  expect(queue.depth).toBe(0);
  await ports.advance(1);
  expect(queue.depth).toBe(1);
  queue.addAfter('a', 3_000);
  await queue.next();
  queue.done('a');
  await ports.advance(60_000);
  expect(queue.depth).toBe(0);
});

test('failures back off exponentially up to the most; success forgets them', async () => {
  const { queue } = created();
  expect([1, 2, 3, 4, 5].map(() => queue.retry('a'))).toEqual([750, 1_500, 3_000, 6_000, 6_000]);
  expect(queue.retry('b', 20_000)).toBe(20_000);
  queue.succeed('a');
  expect(queue.retry('a')).toBe(750);
});

test('stop hands out nothing more and waits for what is in work', async () => {
  const { ports, queue } = created();
  queue.add('a');
  queue.add('b');
  queue.addAfter('c', 1_000);
  await queue.next();
  const idle = queue.next();
  const alsoIdle = queue.next();
  let stopped = false;
  void queue.stop().then(() => (stopped = true));
  queue.add('d');
  queue.done('b');
  expect(await alsoIdle).toBeUndefined();
  expect((await idle)?.key).toBe('b');
  await settle();
  expect(stopped).toBe(false);
  queue.add('a');
  queue.done('a');
  await settle();
  expect(stopped).toBe(true);
  expect(await queue.next()).toBeUndefined();
  expect(ports.pending).toBe(0);
});

test('whatever happens, no key is with two workers and none that was asked for is forgotten', async () => {
  const command = fc.tuple(fc.constantFrom('add', 'after', 'retry', 'next', 'done', 'tick'), fc.constantFrom('a', 'b', 'c'));
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
      const { ports, queue } = created();
      const inWork = new Set<string>();
      const wanted = new Set<string>();
      const take = async (): Promise<void> => {
        if (queue.depth === 0) return;
        const { key } = (await queue.next())!;
        expect(inWork.has(key)).toBe(false);
        inWork.add(key);
        wanted.delete(key);
      };
      for (const [what, key] of commands) {
        if (what === 'add' || what === 'after' || what === 'retry') wanted.add(key);
        if (what === 'add') queue.add(key);
        else if (what === 'after') queue.addAfter(key, 500);
        else if (what === 'retry') queue.retry(key);
        else if (what === 'next') await take();
        else if (what === 'done' && inWork.delete(key)) queue.done(key);
        else if (what === 'tick') await ports.advance(400);
      }
      for (const key of inWork) queue.done(key);
      inWork.clear();
      await ports.advance(20_000);
      while (queue.depth > 0) await take();
      expect([...wanted]).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
