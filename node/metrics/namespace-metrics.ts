import type { NamespaceFigures } from '../../shared/namespaces/document.ts';
import type { MetricFamily } from './exposition.ts';

/** Namespaces with samples of their own; what the others count is summed up under one name, so that a scrape stays small. */
const mostNamespaces = 100;
const others = '(others)';

/** What a node says of a namespace: its figures, and what only metrics show. */
export interface MeasuredNamespace extends NamespaceFigures {
  readonly requests: number;
  readonly egressBytes: number;
  readonly connections: number;
}

type Field = Exclude<keyof MeasuredNamespace, 'name' | 'uid'>;

const families: readonly { readonly field: Field; readonly name: string; readonly type: MetricFamily['type']; readonly help: string }[] = [
  { field: 'keys', name: 'namespace_keys', type: 'gauge', help: 'Keys of the namespace that this node holds.' },
  { field: 'memoryBytes', name: 'namespace_memory_bytes', type: 'gauge', help: 'Memory of the namespace on this node, as its quota counts it.' },
  { field: 'connections', name: 'namespace_connections', type: 'gauge', help: 'Clients whose last request was of the namespace.' },
  { field: 'hits', name: 'namespace_hits_total', type: 'counter', help: 'Reads that found their key.' },
  { field: 'misses', name: 'namespace_misses_total', type: 'counter', help: 'Reads that did not find their key.' },
  { field: 'evictions', name: 'namespace_evictions_total', type: 'counter', help: 'Keys removed to make room.' },
  { field: 'expirations', name: 'namespace_expirations_total', type: 'counter', help: 'Keys removed because their time was over.' },
  { field: 'throttled', name: 'namespace_throttled_total', type: 'counter', help: 'Requests refused for a quota.' },
  { field: 'requests', name: 'namespace_operations_total', type: 'counter', help: 'Operations let in: one for each key of a request.' },
  { field: 'egressBytes', name: 'namespace_egress_bytes_total', type: 'counter', help: 'Bytes of replies.' },
];

/** The families of namespaces: those that come first by name, and the rest as one. No namespaces: none. */
export function namespaceMetrics(labels: Readonly<Record<string, string>>, namespaces: readonly MeasuredNamespace[]): readonly MetricFamily[] {
  if (namespaces.length === 0) return [];
  const sorted = namespaces.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const shown = sorted.slice(0, mostNamespaces);
  const rest = sorted.slice(mostNamespaces);
  return families.map(({ field, name, type, help }) => ({
    name: `meridian_${name}`, type, help,
    samples: [
      ...shown.map((one) => ({ labels: { ...labels, namespace: one.name }, value: one[field] })),
      ...(rest.length === 0 ? [] : [{ labels: { ...labels, namespace: others }, value: rest.reduce((sum, one) => sum + one[field], 0) }]),
    ],
  }));
}
