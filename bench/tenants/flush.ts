import type { Invalidation } from '../../node/tenants/invalidation.ts';
import { start, type Program } from './server.ts';
import { fill, percentile, roundTrips } from './wire.ts';

const restMs = 3_000;

interface Invalidated {
  readonly deleted: number;
  readonly ms: number;
  readonly cpuMs: number;
}

/** How long it takes to invalidate a tenth of the keys by tag, a tenth by pattern, and all that is left by a flush; and what others feel of it. */
export async function measureFlush(keys: number): Promise<void> {
  const server = await start('counted');
  try {
    await fill(server.port, keys, (i) => ['MERIDIAN.WRITE', `app:${i % 10}-${i}`, 'x'.repeat(100), 'BYTES', 'TAGS', 1, `tag ${i % 10}`], 3);
    await fill(server.port, 10_000, (i) => ['SET', `other-1:${i}`, 'x'.repeat(100)], 1);
    const alone = await roundTrips(server.port, (i) => `other-1:${i % 10_000}`, new Promise((resolve) => setTimeout(resolve, restMs)));
    console.log(`${keys} keys; GET alone: p50 ${percentile(alone, 0.5).toFixed(3)} ms, p99 ${percentile(alone, 0.99).toFixed(3)} ms`);
    for (const [name, what] of [['tag', { kind: 'tag', tag: 'tag 3' }], ['pattern', { kind: 'pattern', pattern: '5-*' }], ['flush', { kind: 'all' }]] as const) {
      const done = invalidate(server, what);
      const times = await roundTrips(server.port, (i) => `other-1:${i % 10_000}`, name === 'flush' ? done.then(() => new Promise((resolve) => setTimeout(resolve, restMs))) : done);
      const { deleted, ms, cpuMs } = await done;
      console.log(`${name}: ${deleted} keys in ${ms.toFixed(1)} ms (${cpuMs.toFixed(1)} ms of CPU, clients' requests included); GET meanwhile${name === 'flush' ? ' and while memory is given back' : ''}: p50 ${percentile(times, 0.5).toFixed(3)} ms, p99 ${percentile(times, 0.99).toFixed(3)} ms`);
    }
  } finally {
    server.process.kill('SIGKILL');
  }
}

function invalidate(server: Program, what: Invalidation): Promise<Invalidated> {
  return new Promise((resolve) => {
    server.process.once('message', (message) => resolve(message as Invalidated));
    server.process.send?.(what);
  });
}
