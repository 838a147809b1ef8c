import { expect, it } from 'vitest';
import { writeMetrics } from './exposition.ts';
import { namespaceMetrics, type MeasuredNamespace } from './namespace-metrics.ts';

const figures = (name: string, hits: number): MeasuredNamespace => ({ name, uid: name, keys: 1, memoryBytes: 2, hits, misses: 0, evictions: 0, expirations: 0, throttled: 0, requests: 0, egressBytes: 0, connections: 0 });

it('shows a hundred namespaces by name and sums up the rest', () => {
  const text = writeMetrics(namespaceMetrics({ shard: '0' }, Array.from({ length: 250 }, (_, i) => figures(`n${String(i).padStart(3, '0')}`, i))));
  const hits = text.split('\n').filter((line) => line.startsWith('meridian_namespace_hits_total{'));
  expect(hits.length).toBe(101);
  expect(hits[99]).toBe('meridian_namespace_hits_total{shard="0",namespace="n099"} 99');
  expect(hits[100]).toBe(`meridian_namespace_hits_total{shard="0",namespace="(others)"} ${Array.from({ length: 150 }, (_, i) => i + 100).reduce((a, b) => a + b)}`);
});

it('shows nothing where there are none', () => {
  expect(namespaceMetrics({}, [])).toEqual([]);
});
