import { describe, expect, it } from 'vitest';
import { systemPorts } from '../../../shared/ports/system.ts';
import { createAccessLog, type AccessSink } from './access-log.ts';
import { keyPattern } from './key-pattern.ts';
import type { AccessRecord } from './record.ts';

const record = (key: string): AccessRecord => ({ namespace: 'n', key, operation: 'get', hit: true, status: 200, latencyMs: 1, atMs: 0, user: 'u', bytes: 1, traceId: 't' });

function sinkOf(change: Partial<AccessSink> = {}): AccessSink & { readonly taken: AccessRecord[] } {
  const taken: AccessRecord[] = [];
  return { name: 's', ready: true, close: () => Promise.resolve(), taken, write: (records) => Promise.resolve(void taken.push(...records)), ...change };
}

describe('the access log', () => {
  it('keeps a sample', async () => {
    const sink = sinkOf();
    const log = createAccessLog({ ports: systemPorts, sinks: [sink], sample: 0.25, lost: () => undefined });
    for (let i = 0; i < 10_000; i++) log.record(record(`k${i}`));
    await log.close();
    expect(sink.taken.length).toBeGreaterThan(2_000);
    expect(sink.taken.length).toBeLessThan(3_000);
    expect([log.written, log.dropped]).toEqual([sink.taken.length, 0]);
  });

  it('drops and counts what a sink cannot take, and the other sink has all', async () => {
    const [away, there] = [sinkOf({ ready: false }), sinkOf()];
    const log = createAccessLog({ ports: systemPorts, sinks: [away, there], sample: 1, mostWaiting: 100, lost: () => undefined });
    for (let i = 0; i < 150; i++) log.record(record(`k${i}`));
    await log.close();
    expect([away.taken.length, there.taken.length, log.dropped]).toEqual([0, 100, 100]);
  });

  it('counts a batch that was refused', async () => {
    const lost: unknown[] = [];
    const log = createAccessLog({ ports: systemPorts, sinks: [sinkOf({ write: () => Promise.reject(new Error('full')) })], sample: 1, lost: (...one) => lost.push(one) });
    log.record(record('k'));
    await log.close();
    expect([log.written, log.dropped, lost]).toEqual([0, 1, [['s', 1, new Error('full')]]]);
  });
});

it.each([['user_123', 'user_*'], ['a:1:b:22', 'a:*:b:*'], ['s-0b5b2a5e-7c3e-4f6a-9d0e-1a2b3c4d5e6f', 's-*'], ['nul\0nul', 'nul nul'], ['plain', 'plain'], ['x'.repeat(500), 'x'.repeat(200)]])('the pattern of %j', (key, pattern) => {
  expect(keyPattern(key)).toBe(pattern);
});
