import type { MetricFamily } from './exposition.ts';

/** What a scrape reads of the HTTP port. */
export interface HttpFigures {
  readonly connections: number;
  /** Answers by the first digit of their status; index 2 is 2xx. */
  readonly answers: readonly number[];
  /** Requests that wait for copies. */
  readonly waiting: number;
  readonly accessRecordsWritten: number;
  readonly accessRecordsDropped: number;
}

export function httpMetrics(labels: Readonly<Record<string, string>>, figures: HttpFigures): readonly MetricFamily[] {
  return [
    { name: 'meridian_http_connections', help: 'Open HTTP connections.', type: 'gauge', samples: [{ labels, value: figures.connections }] },
    { name: 'meridian_http_requests_total', help: 'Answers of the HTTP API by class of status.', type: 'counter', samples: [2, 3, 4, 5].map((digit) => ({ labels: { ...labels, status: `${digit}xx` }, value: figures.answers[digit] ?? 0 })) },
    { name: 'meridian_http_requests_waiting', help: 'HTTP requests that wait for copies of the shard.', type: 'gauge', samples: [{ labels, value: figures.waiting }] },
    { name: 'meridian_access_log_records_total', help: 'Records of the access log that were written, or dropped for want of room or by a sink.', type: 'counter', samples: [
      { labels: { ...labels, result: 'written' }, value: figures.accessRecordsWritten },
      { labels: { ...labels, result: 'dropped' }, value: figures.accessRecordsDropped },
    ] },
  ];
}
