import type { Step } from '../journey/step.ts';
import { operatorLeader, releaseNamespace } from '../world.ts';
import { cluster } from './world.ts';

const bucketLine = /^meridian_failover_duration_seconds_bucket\{le="([^"]+)",cause="(\w+)"\} (\d+)$/gm;
const failoverLine = /^meridian_failovers_total\{[^}]*cluster="([^"]+)"[^}]*cause="(\w+)"\} (\d+)$/gm;

/** What the operator has measured of all that, by cause: the histogram that it serves to Prometheus. */
export const showHistogram: Step = {
  name: 'the operator has counted the takeovers by cause, with how long nobody served',
  run: async (world, report) => {
    const metrics = world.kubectl.run('get', '--raw', `/api/v1/namespaces/${releaseNamespace}/pods/${await operatorLeader(world)}:9090/proxy/metrics`);
    const counted = new Map([...metrics.matchAll(failoverLine)].filter(([, name]) => name === cluster).map(([, , cause, count]) => [cause, Number(count)]));
    for (const cause of ['proof', 'silence']) if (!counted.has(cause)) throw new Error(`no takeover by ${cause} was counted: ${[...counted.keys()].join(', ')}`);
    const buckets = new Map<string, string[]>();
    const before = new Map<string, number>();
    for (const [, upTo, cause, cumulative] of metrics.matchAll(bucketLine)) {
      const count = Number(cumulative) - (before.get(cause) ?? 0);
      before.set(cause, Number(cumulative));
      if (count > 0) buckets.set(cause, [...(buckets.get(cause) ?? []), `${upTo === '+Inf' ? 'more' : `≤ ${upTo} s`}: ${count}`]);
    }
    for (const [cause, count] of counted) report(`${cause} × ${count}: ${buckets.get(cause)?.join(', ') ?? 'not measured'}`);
  },
};
