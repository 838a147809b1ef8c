import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { RuntimeObserver } from './observer.ts';

export interface OperatorMetrics {
  readonly observer: RuntimeObserver;
  /** Where further metrics of the operator are registered. */
  readonly registry: Registry;
  /** What GET /metrics answers. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}

const passBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The runtime's metrics; `processMetrics` adds memory, event loop and garbage collection of this process. */
export function createOperatorMetrics({ processMetrics = true } = {}): OperatorMetrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const reconciles = new Counter({ registers, name: 'meridian_reconciles_total', help: 'Reconcile passes by how they ended.', labelNames: ['controller', 'result'] });
  const reconcileSeconds = new Histogram({ registers, name: 'meridian_reconcile_duration_seconds', help: 'Duration of reconcile passes.', labelNames: ['controller'], buckets: passBuckets });
  const depth = new Gauge({ registers, name: 'meridian_queue_depth', help: 'Keys that wait for a pass.', labelNames: ['controller'] });
  const wait = new Histogram({ registers, name: 'meridian_queue_wait_seconds', help: 'Time that keys stood in the queue.', labelNames: ['controller'], buckets: passBuckets });
  const ages = new Map<string, () => number>();
  new Gauge({
    registers,
    name: 'meridian_watch_age_seconds',
    help: 'Time since the API server was last heard of on a watch.',
    labelNames: ['resource'],
    collect() {
      for (const [resource, ageSeconds] of ages) this.set({ resource }, ageSeconds());
    },
  });
  const lists = new Counter({ registers, name: 'meridian_lists_total', help: 'Lists of caches, first ones and repeated.', labelNames: ['resource', 'outcome'] });
  const watchEnds = new Counter({ registers, name: 'meridian_watch_ends_total', help: 'Watches that ended, by why.', labelNames: ['resource', 'why'] });
  const handlerFailures = new Counter({ registers, name: 'meridian_cache_handler_failures_total', help: 'Errors thrown by what listens to a cache.', labelNames: ['resource'] });
  const requests = new Counter({ registers, name: 'meridian_api_requests_total', help: 'Requests to the API server.', labelNames: ['verb', 'resource', 'code'] });
  const requestSeconds = new Histogram({ registers, name: 'meridian_api_request_duration_seconds', help: 'Duration of requests to the API server; of a watch, until its head.', labelNames: ['verb'], buckets: passBuckets });
  const leading = new Gauge({ registers, name: 'meridian_leader', help: '1 while this replica is the leader.' });
  const events = new Counter({ registers, name: 'meridian_events_total', help: 'Events recorded, by what became of them.', labelNames: ['outcome'] });
  const observer: RuntimeObserver = {
    reconciled(controller, result, seconds) {
      reconciles.inc({ controller, result });
      reconcileSeconds.observe({ controller }, seconds);
    },
    queueDepth: (controller, value) => depth.set({ controller }, value),
    queueWait: (controller, seconds) => wait.observe({ controller }, seconds),
    watching: (resource, ageSeconds) => void ages.set(resource, ageSeconds),
    listed: (resource, outcome) => lists.inc({ resource, outcome }),
    watchEnded: (resource, why) => watchEnds.inc({ resource, why }),
    handlerFailed: (resource) => handlerFailures.inc({ resource }),
    apiRequest(verb, resource, code, seconds) {
      requests.inc({ verb, resource, code });
      requestSeconds.observe({ verb }, seconds);
    },
    leader: (isLeader) => leading.set(isLeader ? 1 : 0),
    event: (outcome) => events.inc({ outcome }),
  };
  return { observer, registry, text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }) };
}
