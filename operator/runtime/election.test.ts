import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leaseServer, type Fate } from '../../test/runtime/lease-server.ts';
import { manualPorts, type ManualPorts } from '../../test/runtime/manual-ports.ts';
import { silentLogger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { electionTiming, startElection, type Election } from './election.ts';

const quick: Fate = { thereMs: 5, backMs: 5 };

function world() {
  const ports = manualPorts();
  const server = leaseServer(ports);
  const said: string[] = [];
  const join = (identity: string, fate: () => Fate = () => quick, own: Ports = ports): Election =>
    startElection({
      kube: server.client(fate),
      ports: own,
      log: silentLogger,
      namespace: 'meridian',
      name: 'operator',
      identity,
      onElected: () => said.push(`${identity} elected`),
      onLost: (why) => said.push(`${identity} lost: ${why}`),
    });
  return { ports, server, said, join };
}

test('the first candidate is elected at once, and the Lease says so in micro-times', async () => {
  const { ports, server, said, join } = world();
  const a = join('a');
  expect(a.gate.closed()).toBe('this replica is not the leader');
  await ports.advance(100);
  expect(said).toEqual(['a elected']);
  expect([a.isLeader(), a.gate.closed()]).toEqual([true, undefined]);
  expect(server.lease?.spec).toEqual({ holderIdentity: 'a', leaseDurationSeconds: 15, acquireTime: '2026-01-01T00:00:00.010000Z', renewTime: '2026-01-01T00:00:00.010000Z', leaseTransitions: 0 });
});

test('a leader that renews stays, however long', async () => {
  const { ports, said, join } = world();
  join('a');
  await ports.advance(100);
  join('b');
  await ports.advance(3_600_000);
  expect(said).toEqual(['a elected']);
});

test('a candidate waits for a whole lease from its own first look, whatever the times in the Lease say', async () => {
  const { ports, server, said, join } = world();
  const gone = join('gone');
  await ports.advance(100);
  server.edit((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: 'dead', renewTime: '1999-01-01T00:00:00.000000Z' } }));
  await ports.advance(5_000);
  await gone.release();
  said.length = 0;
  join('b');
  await ports.advance(14_900);
  expect(said).toEqual([]);
  await ports.advance(2_500);
  expect(said).toEqual(['b elected']);
});

test('release lets the next candidate in at its next look', async () => {
  const { ports, server, said, join } = world();
  const a = join('a');
  await ports.advance(100);
  join('b');
  await ports.advance(5_000);
  const released = a.release();
  expect(a.gate.closed()).toBe('this replica is shutting down');
  await ports.advance(2_500);
  await released;
  expect(said).toEqual(['a elected', 'b elected']);
  expect(server.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1, leaseDurationSeconds: 15 });
});

test('a leader cut off from the API server stops writing before another can lead, and says so once', async () => {
  const { ports, said, join } = world();
  let cut = false;
  const a = join('a', () => (cut ? { ...quick, lost: 'request' } : quick));
  await ports.advance(100);
  join('b');
  let closedByListenerMs = 0;
  a.gate.onClose(() => (closedByListenerMs = ports.clock.monotonicMs()));
  await ports.advance(6_000);
  cut = true;
  const lastSentMs = ports.clock.monotonicMs();
  await ports.advance(electionTiming.writeMs + 10);
  expect(said).toEqual(['a elected', 'a lost: the Lease was not renewed in time']);
  expect(closedByListenerMs).toBeLessThanOrEqual(lastSentMs + electionTiming.writeMs);
  await ports.advance(10_000);
  expect(said).toEqual(['a elected', 'a lost: the Lease was not renewed in time', 'b elected']);
});

test('a leader whose Lease is stolen, or deleted, stops at its next renewal', async () => {
  const stolen = world();
  const a = stolen.join('a');
  await stolen.ports.advance(100);
  stolen.server.edit((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: 'thief' } }));
  await stolen.ports.advance(2_500);
  expect(stolen.said).toEqual(['a elected', 'a lost: the Lease was taken by "thief"']);
  expect(a.gate.closed()).toBe('the Lease was taken by "thief"');

  const deleted = world();
  deleted.join('a');
  await deleted.ports.advance(100);
  deleted.server.remove();
  await deleted.ports.advance(2_500);
  expect(deleted.said).toEqual(['a elected', 'a lost: the Lease was deleted']);
});

test('a candidate that knew a holder does not take a deleted Lease before that holder must have stopped', async () => {
  const { ports, server, said, join } = world();
  let cut = false;
  join('a', () => (cut ? { ...quick, lost: 'request' } : quick));
  await ports.advance(100);
  join('b');
  await ports.advance(5_000);
  cut = true;
  server.remove();
  await ports.advance(8_000);
  expect(said).toEqual(['a elected']);
  await ports.advance(10_000);
  expect(said).toEqual(['a elected', 'a lost: the Lease was not renewed in time', 'b elected']);
});

test('an edit of the Lease by someone else does not end leadership, and is kept', async () => {
  const { ports, server, said, join } = world();
  join('a');
  await ports.advance(100);
  server.edit((lease) => ({ ...lease, metadata: { ...lease.metadata, labels: { by: 'kubectl' } } }));
  await ports.advance(30_000);
  expect(said).toEqual(['a elected']);
  expect(server.lease?.metadata.labels).toEqual({ by: 'kubectl' });
});

test('the gate is closed by the clock alone, also when no timer has run yet', async () => {
  const { ports, join } = world();
  let asleepMs = 0;
  const sleepy: Ports = { ...ports, clock: { wallMs: () => ports.clock.wallMs() + asleepMs, monotonicMs: ports.clock.monotonicMs } };
  const a = join('a', () => quick, sleepy);
  await ports.advance(100);
  expect(a.gate.closed()).toBeUndefined();
  asleepMs = 60_000;
  expect(a.gate.closed()).toBe('the Lease was not renewed in time');
});

/** A process that can be stopped: its timers run late, all at once. Its clock goes on. */
function pausable(ports: ManualPorts) {
  let paused = false;
  let late: (() => void)[] = [];
  const own: Ports = { ...ports, timers: { ...ports.timers, after: (ms, run) => ports.timers.after(ms, () => (paused ? void late.push(run) : run())) } };
  return {
    own,
    isPaused: () => paused,
    pause: () => void (paused = true),
    resume() {
      paused = false;
      for (const run of late.splice(0)) run();
      late = [];
    },
  };
}

test('under loss, delay and pauses at most one replica ever writes, with five seconds between two of them', async () => {
  const fate = fc.record({ thereMs: fc.integer({ min: 1, max: 2_900 }), backMs: fc.integer({ min: 1, max: 2_900 }), lost: fc.option(fc.constantFrom('request' as const, 'answer' as const), { nil: undefined, freq: 3 }) });
  const disturbance = fc.record({ afterMs: fc.integer({ min: 100, max: 12_000 }), who: fc.nat({ max: 2 }), what: fc.constantFrom('pause', 'resume', 'cut', 'mend') });
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { minLength: 5, maxLength: 30 }), fc.array(disturbance, { maxLength: 25 }), async (fates, disturbances) => {
      const { ports, join } = world();
      let drawn = 0;
      const cut = [false, false, false];
      const processes = [0, 1, 2].map(() => pausable(ports));
      const elections = processes.map(({ own }, i) => join(`p${i}`, () => (cut[i] ? { ...quick, lost: 'request' } : fates[drawn++ % fates.length]), own));
      const writes: { readonly who: number; readonly atMs: number }[] = [];
      for (let i = 0; i < 3; i += 1) {
        ports.timers.every(97, () => {
          if (!processes[i].isPaused() && elections[i].gate.closed() === undefined) writes.push({ who: i, atMs: ports.clock.monotonicMs() });
        });
      }
      for (const { afterMs, who, what } of disturbances) {
        await ports.advance(afterMs);
        if (what === 'pause') processes[who].pause();
        else if (what === 'resume') processes[who].resume();
        else cut[who] = what === 'cut';
      }
      await ports.advance(40_000);
      for (let i = 1; i < writes.length; i += 1) {
        const [before, now] = [writes[i - 1], writes[i]];
        if (before.who === now.who) continue;
        expect(now.atMs - before.atMs).toBeGreaterThanOrEqual(5_000);
        expect(writes.slice(i).some(({ who }) => who === before.who)).toBe(false);
      }
    }),
    { numRuns: 150 },
  );
});
