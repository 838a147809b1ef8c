import type { JsonObject } from '../../shared/resources/admission/json.ts';
import { namespaceOf } from './build.ts';
import type { GoodManifest } from './good-manifests.ts';

/** The defaults, byte for byte: whoever changes one changes it for every object that is created from then on. */
const stored = (fields: JsonObject = {}): JsonObject => ({
  clusterRef: { name: 'cart' },
  consistency: 'eventual',
  ttlJitterPercent: 0,
  slidingExpiry: false,
  maxValueSize: '1Mi',
  trackAccess: false,
  deletionPolicy: 'Flush',
  ...fields,
});

const kept = (name: string, fields: JsonObject, metadata: JsonObject = {}): GoodManifest => ({ name: `namespace: ${name}`, manifest: namespaceOf(fields, metadata), stored: stored(fields) });

export const everything: JsonObject = {
  clusterRef: { name: 'cart', namespace: 'shop' },
  name: 'carts',
  tenant: 'Team Blue',
  consistency: 'session',
  acknowledge: 'primary',
  defaultTtl: '1h',
  maxTtl: '24h',
  ttlJitterPercent: 10,
  slidingExpiry: true,
  eviction: 'allkeys-sieve',
  maxValueSize: '4Mi',
  quota: { memory: '2Gi', keys: 10_000_000, opsPerSecond: 20_000, egressPerSecond: '50Mi', connections: 500 },
  negativeTtl: '5s',
  staleWhileRevalidate: '1m',
  trackAccess: true,
  invalidation: { schedule: '*/15 3-5,22 * 1-6 1,3,5', pattern: 'price:*', webhookTokenSecretRef: { name: 'cart-webhook' } },
  access: [
    { user: 'cart-api', verbs: ['read', 'write', 'delete'] },
    { user: 'ann@example.com', verbs: ['admin'] },
  ],
  deletionPolicy: 'Keep',
};

/** CacheNamespaces that admission keeps, on Kubernetes and in local mode alike. */
export const goodNamespaces: readonly GoodManifest[] = [
  kept('the least', {}),
  kept('everything', everything),
  kept('dots in metadata.name beside a name', { name: 'items' }, { name: 'team.items' }),
  kept('a name of 63 characters', { name: 'n'.repeat(63) }),
  kept('a name of digits', { name: '2026' }),
  kept('default and maximum of one length', { defaultTtl: '60m', maxTtl: '1h' }),
  kept('the shortest time to live', { defaultTtl: '1ms' }),
  kept('a maximum alone', { maxTtl: '720h' }),
  kept('times with fractions', { defaultTtl: '1.5h', negativeTtl: '0.25s', staleWhileRevalidate: '1m30s' }),
  kept('the greatest value size', { maxValueSize: '512Mi' }),
  kept('a value size in bytes', { maxValueSize: 65_536 }),
  kept('jitter of a half', { ttlJitterPercent: 50 }),
  kept('an empty quota', { quota: {} }),
  kept('a quota of one key', { quota: { keys: 1, memory: 1 } }),
  kept('a sliding expiry of the times that keys bring', { slidingExpiry: true }),
  kept('a schedule of stars', { invalidation: { schedule: '* * * * *' } }),
  kept('a schedule of lists, ranges and steps', { invalidation: { schedule: '0,30 0-23/2 1,15 */3 1-5' } }),
  kept('a webhook alone', { invalidation: { webhookTokenSecretRef: { name: 'token' } } }),
  kept('all verbs', { access: [{ user: 'ann', verbs: ['read', 'write', 'delete', 'flush', 'admin'] }] }),
  kept('nobody in access', { access: [] }),
  {
    name: 'namespace: what may change',
    manifest: namespaceOf({ ...everything, name: 'items', clusterRef: { name: 'cart' }, consistency: 'eventual' }),
    before: namespaceOf(),
    stored: stored({ ...everything, name: 'items', clusterRef: { name: 'cart' }, consistency: 'eventual' }),
  },
  {
    name: 'namespace: the name written out that it had',
    manifest: namespaceOf({ name: 'items' }),
    before: namespaceOf(),
    stored: stored({ name: 'items' }),
  },
  {
    name: 'namespace: unknown fields, dropped with a warning',
    manifest: namespaceOf({ ttl: '5s', quota: { keys: 5, bytes: 7 } }),
    lenient: true,
    stored: stored({ quota: { keys: 5 } }),
  },
  {
    name: 'namespace: null for the default',
    manifest: namespaceOf({ consistency: null, maxValueSize: null, quota: null }),
    stored: stored(),
  },
];
