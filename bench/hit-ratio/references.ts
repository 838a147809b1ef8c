/**
 * Hit ratios to compare with, in percent at 1 %, 5 % and 10 % of the trace's keys (of its bytes where `bytes` says so), from libCacheSim aa0fc40 on the same traces, each object
 * counted as one entry unless by bytes, no warm-up excluded. W-TinyLFU with a window of 10 %; by bytes there is no such row.
 */
export interface Reference {
  readonly trace: string;
  /** Cache sizes: entries, or bytes. */
  readonly sizes: readonly number[];
  readonly bytes: boolean;
  readonly rows: Readonly<Record<string, readonly number[]>>;
}

export const references: readonly Reference[] = [
  {
    trace: 'oltp',
    sizes: [1869, 9344, 18688],
    bytes: false,
    rows: { lru: [41.64, 60.08, 66.52], arc: [45.39, 60.99, 67.27], s3fifo: [46.46, 62.11, 67.78], sieve: [40.3, 59.99, 66.66], 'w-tinylfu': [45.21, 58.37, 64.76], lfu: [17.65, 33.59, 44.56], random: [38.17, 56.57, 63.1] },
  },
  {
    trace: 'w106',
    sizes: [2752, 13759, 27517],
    bytes: false,
    rows: { lru: [79.79, 85.68, 91.77], arc: [79.98, 85.85, 92.07], s3fifo: [81.25, 87.69, 92.17], sieve: [80.45, 87.7, 91.64], 'w-tinylfu': [81.84, 89.25, 92.86], lfu: [62.22, 79.86, 87.13], random: [78.69, 85.52, 90.34] },
  },
  {
    trace: 'orm-busy',
    sizes: [763, 3817, 7635],
    bytes: false,
    rows: { lru: [77.03, 84.13, 88.01], arc: [76.75, 84.32, 88.04], s3fifo: [75.64, 85.25, 88.89], sieve: [70.53, 83.89, 88.11], 'w-tinylfu': [71.17, 84.98, 89.61], lfu: [17.1, 47.84, 64.94], random: [75.8, 83.37, 86.88] },
  },
  {
    trace: 'llm-conv',
    sizes: [1828, 9140, 18279],
    bytes: false,
    rows: { lru: [5.23, 19.54, 27.84], arc: [6.46, 21.01, 28.42], s3fifo: [7.49, 18.76, 24.56], sieve: [5.82, 12.69, 19.48], 'w-tinylfu': [7.37, 13.11, 16.83], lfu: [5.82, 12.69, 19.48], random: [5.43, 16.91, 23.5] },
  },
  {
    trace: 'tencent-3300',
    sizes: [396, 1981, 3961],
    bytes: false,
    rows: { lru: [42.02, 46.56, 49.44], arc: [44.1, 48.66, 55.08], s3fifo: [43.19, 49.75, 55.18], sieve: [41.37, 47.54, 51.19], 'w-tinylfu': [41.57, 50.33, 54.7], lfu: [34.73, 46.81, 51.19], random: [39.45, 45.61, 49.84] },
  },
  {
    trace: 'tencent-3300',
    sizes: [68_644_987, 343_224_934, 686_449_869],
    bytes: true,
    rows: { lru: [42.54, 46.88, 51.76], arc: [45.95, 49.71, 55.95], s3fifo: [46.38, 54.17, 55.43], sieve: [45.37, 49.17, 55.84] },
  },
];

/** Policies of the store with the row each is measured against. */
export const measured = [
  { policy: 'allkeys-lru', row: 'lru' },
  { policy: 'allkeys-arc', row: 'arc' },
  { policy: 'allkeys-s3fifo', row: 's3fifo' },
  { policy: 'allkeys-sieve', row: 'sieve' },
  { policy: 'allkeys-w-tinylfu', row: 'w-tinylfu' },
  { policy: 'allkeys-lfu', row: 'lfu' },
  { policy: 'allkeys-random', row: 'random' },
] as const;
