import { expect, test } from 'vitest';
import { createOperatorMetrics } from './prometheus.ts';

test('what the runtime observes is what a scrape shows', async () => {
  const { observer, text } = createOperatorMetrics({ processMetrics: false });
  let ageSeconds = 1;
  observer.watching('pods', () => ageSeconds);
  observer.reconciled('cluster', 'failed', 0.2);
  observer.queueDepth('cluster', 7);
  observer.apiRequest('apply', 'services', '200', 0.01);
  observer.leader(true);
  ageSeconds = 42;
  const { contentType, body } = await text();
  expect(contentType).toContain('text/plain');
  const lines = body.split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'meridian_reconciles_total{controller="cluster",result="failed"} 1',
      'meridian_queue_depth{controller="cluster"} 7',
      'meridian_watch_age_seconds{resource="pods"} 42',
      'meridian_api_requests_total{verb="apply",resource="services",code="200"} 1',
      'meridian_leader 1',
    ]),
  );
});
