import { evictionPolicies } from '../../shared/resources/cache-cluster/spec.ts';
import type { JsonObject } from '../../shared/resources/admission/json.ts';
import type { BadManifest } from './bad-manifests.ts';
import { namespaceOf, without } from './build.ts';

const specWithout = (field: string): JsonObject => ({ ...namespaceOf(), spec: without(namespaceOf().spec as JsonObject, field) });
const scheduled = (schedule: string): JsonObject => namespaceOf({ invalidation: { schedule } });
const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index));

const evictions = evictionPolicies.map((policy) => JSON.stringify(policy)).join(', ');
const rulesSkipped = '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/** CacheNamespaces that admission refuses, on Kubernetes and in local mode alike. */
export const badNamespaces: readonly BadManifest[] = [
  {
    name: 'namespace: no spec',
    manifest: without(namespaceOf(), 'spec'),
    refused: ['spec: Required value', rulesSkipped],
  },
  {
    name: 'namespace: no clusterRef',
    manifest: specWithout('clusterRef'),
    refused: ['spec.clusterRef: Required value', rulesSkipped],
  },
  {
    name: 'namespace: clusterRef null',
    manifest: namespaceOf({ clusterRef: null }),
    refused: ['spec.clusterRef: Required value', rulesSkipped],
  },
  {
    name: 'namespace: clusterRef a string',
    manifest: namespaceOf({ clusterRef: 'cart' }),
    refused: ['spec.clusterRef: Invalid value: "string": spec.clusterRef in body must be of type object: "string"', rulesSkipped],
  },
  {
    name: 'namespace: clusterRef without a name',
    manifest: namespaceOf({ clusterRef: { namespace: 'shop' } }),
    refused: ['spec.clusterRef.name: Required value', rulesSkipped],
  },
  {
    name: 'namespace: clusterRef with an empty name',
    manifest: namespaceOf({ clusterRef: { name: '' } }),
    refused: ['spec.clusterRef.name: Invalid value: "": spec.clusterRef.name in body should be at least 1 chars long'],
  },
  {
    name: 'namespace: clusterRef of another kind',
    manifest: namespaceOf({ clusterRef: { name: 'cart', kind: 'CacheCluster' } }),
    refused: ['unknown field "spec.clusterRef.kind"'],
  },
  {
    name: 'namespace: clusterRef too long',
    manifest: namespaceOf({ clusterRef: { name: 'c'.repeat(64) } }),
    refused: ['spec.clusterRef.name: Too long: may not be more than 63 bytes', rulesSkipped],
  },
  {
    name: 'namespace: unknown field of the spec',
    manifest: namespaceOf({ ttl: '30s' }),
    refused: ['unknown field "spec.ttl"'],
  },
  {
    name: 'namespace: unknown fields deeper down',
    manifest: namespaceOf({ quota: { memoryBytes: 5 }, access: [{ user: 'ann', verbs: ['read'], password: 'x' }] }),
    refused: ['unknown field "spec.access[0].password"', 'unknown field "spec.quota.memoryBytes"'],
  },
  {
    name: 'namespace: fields of later work',
    manifest: namespaceOf({ replicateTo: ['eu'], origin: {} }),
    refused: ['unknown field "spec.origin"', 'unknown field "spec.replicateTo"'],
  },
  {
    name: 'namespace: name empty',
    manifest: namespaceOf({ name: '' }),
    refused: ['spec.name: Invalid value: "": spec.name in body should be at least 1 chars long', 'spec.name: Invalid value: "": must be a DNS label: lower-case letters, digits and hyphens, with a letter or digit at both ends'],
  },
  {
    name: 'namespace: name with capitals',
    manifest: namespaceOf({ name: 'Cart' }),
    refused: ['spec.name: Invalid value: "Cart": must be a DNS label: lower-case letters, digits and hyphens, with a letter or digit at both ends'],
  },
  {
    name: 'namespace: name with a colon',
    manifest: namespaceOf({ name: 'cart:items' }),
    refused: ['spec.name: Invalid value: "cart:items": must be a DNS label: lower-case letters, digits and hyphens, with a letter or digit at both ends'],
  },
  {
    name: 'namespace: name that ends in a hyphen',
    manifest: namespaceOf({ name: 'cart-' }),
    refused: ['spec.name: Invalid value: "cart-": must be a DNS label: lower-case letters, digits and hyphens, with a letter or digit at both ends'],
  },
  {
    name: 'namespace: name with braces',
    manifest: namespaceOf({ name: '{cart}' }),
    refused: ['spec.name: Invalid value: "{cart}": must be a DNS label: lower-case letters, digits and hyphens, with a letter or digit at both ends'],
  },
  {
    name: 'namespace: name of the keys that belong to none',
    manifest: namespaceOf({ name: 'default' }),
    refused: ['spec.name: Invalid value: "default": the name default stands for the keys that belong to no CacheNamespace, and cannot be taken: choose another name'],
  },
  {
    name: 'namespace: metadata.name of the keys that belong to none, and no name',
    manifest: namespaceOf({}, { name: 'default' }),
    refused: ['metadata.name: Invalid value: without spec.name, metadata.name is the name on the wire: the name default stands for the keys that belong to no CacheNamespace, and cannot be taken: choose another, or set spec.name'],
  },
  {
    name: 'namespace: name a number',
    manifest: namespaceOf({ name: 5 }),
    refused: ['spec.name: Invalid value: "integer": spec.name in body must be of type string: "integer"', rulesSkipped],
  },
  {
    name: 'namespace: name too long',
    manifest: namespaceOf({ name: 'n'.repeat(64) }),
    refused: ['spec.name: Too long: may not be more than 63 bytes', rulesSkipped],
  },
  {
    name: 'namespace: metadata.name with dots and no name',
    manifest: namespaceOf({}, { name: 'cart.items' }),
    refused: ['metadata.name: Invalid value: without spec.name, metadata.name is the name on the wire and must be a DNS label of at most 63 characters: shorten it, take dots out of it, or set spec.name'],
  },
  {
    name: 'namespace: metadata.name too long for a name on the wire',
    manifest: namespaceOf({}, { name: 'n'.repeat(64) }),
    refused: ['metadata.name: Invalid value: without spec.name, metadata.name is the name on the wire and must be a DNS label of at most 63 characters: shorten it, take dots out of it, or set spec.name'],
  },
  {
    name: 'namespace: tenant empty',
    manifest: namespaceOf({ tenant: '' }),
    refused: ['spec.tenant: Invalid value: "": spec.tenant in body should be at least 1 chars long'],
  },
  {
    name: 'namespace: tenant too long',
    manifest: namespaceOf({ tenant: 't'.repeat(64) }),
    refused: ['spec.tenant: Too long: may not be more than 63 bytes', rulesSkipped],
  },
  {
    name: 'namespace: consistency unknown',
    manifest: namespaceOf({ consistency: 'strong' }),
    refused: ['spec.consistency: Unsupported value: "strong": supported values: "eventual", "session", "linearizable"', rulesSkipped],
  },
  {
    name: 'namespace: acknowledge unknown',
    manifest: namespaceOf({ acknowledge: 'all' }),
    refused: ['spec.acknowledge: Unsupported value: "all": supported values: "insync", "primary"', rulesSkipped],
  },
  {
    name: 'namespace: defaultTtl a number',
    manifest: namespaceOf({ defaultTtl: 30 }),
    refused: ['spec.defaultTtl: Invalid value: "integer": spec.defaultTtl in body must be of type string: "integer"', rulesSkipped],
  },
  {
    name: 'namespace: defaultTtl without a unit',
    manifest: namespaceOf({ defaultTtl: '30' }),
    refused: ['spec.defaultTtl: Invalid value: "30": must be a duration greater than 0, such as 30s, 5m or 1h30m'],
  },
  {
    name: 'namespace: defaultTtl negative',
    manifest: namespaceOf({ defaultTtl: '-5s' }),
    refused: ['spec.defaultTtl: Invalid value: "-5s": must be a duration greater than 0, such as 30s, 5m or 1h30m'],
  },
  {
    name: 'namespace: defaultTtl zero',
    manifest: namespaceOf({ defaultTtl: '0s' }),
    refused: ['spec.defaultTtl: Invalid value: "0s": must be a duration greater than 0, such as 30s, 5m or 1h30m'],
  },
  {
    name: 'namespace: defaultTtl in days',
    manifest: namespaceOf({ defaultTtl: '7d' }),
    refused: ['spec.defaultTtl: Invalid value: "7d": must be a duration greater than 0, such as 30s, 5m or 1h30m'],
  },
  {
    name: 'namespace: maxTtl empty',
    manifest: namespaceOf({ maxTtl: '' }),
    refused: ['spec.maxTtl: Invalid value: "": must be a duration greater than 0, such as 30s, 5m or 1h30m'],
  },
  {
    name: 'namespace: maxTtl too long a text',
    manifest: namespaceOf({ maxTtl: '1'.repeat(33) }),
    refused: ['spec.maxTtl: Too long: may not be more than 32 bytes', rulesSkipped],
  },
  {
    name: 'namespace: defaultTtl greater than maxTtl',
    manifest: namespaceOf({ defaultTtl: '90m', maxTtl: '1h' }),
    refused: ['spec.defaultTtl: Invalid value: defaultTtl must not be greater than maxTtl: lower defaultTtl or raise maxTtl'],
  },
  {
    name: 'namespace: defaultTtl greater than maxTtl in other units',
    manifest: namespaceOf({ defaultTtl: '1500ms', maxTtl: '1s' }),
    refused: ['spec.defaultTtl: Invalid value: defaultTtl must not be greater than maxTtl: lower defaultTtl or raise maxTtl'],
  },
  {
    name: 'namespace: jitter over 50',
    manifest: namespaceOf({ ttlJitterPercent: 51 }),
    refused: ['spec.ttlJitterPercent: Invalid value: 51: spec.ttlJitterPercent in body should be less than or equal to 50'],
  },
  {
    name: 'namespace: jitter negative',
    manifest: namespaceOf({ ttlJitterPercent: -1 }),
    refused: ['spec.ttlJitterPercent: Invalid value: -1: spec.ttlJitterPercent in body should be greater than or equal to 0'],
  },
  {
    name: 'namespace: jitter a fraction',
    manifest: namespaceOf({ ttlJitterPercent: 2.5 }),
    refused: ['spec.ttlJitterPercent: Invalid value: "float64": spec.ttlJitterPercent in body must be of type int32: "float64"', '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.ttlJitterPercent', rulesSkipped],
  },
  {
    name: 'namespace: slidingExpiry a string',
    manifest: namespaceOf({ slidingExpiry: 'yes' }),
    refused: ['spec.slidingExpiry: Invalid value: "string": spec.slidingExpiry in body must be of type boolean: "string"', rulesSkipped],
  },
  {
    name: 'namespace: eviction unknown',
    manifest: namespaceOf({ eviction: 'lru' }),
    refused: [`spec.eviction: Unsupported value: "lru": supported values: ${evictions}`, rulesSkipped],
  },
  {
    name: 'namespace: maxValueSize over 512Mi',
    manifest: namespaceOf({ maxValueSize: '513Mi' }),
    refused: ['spec.maxValueSize: Invalid value: "513Mi": must be at most 512Mi: no value of the Redis protocol is larger'],
  },
  {
    name: 'namespace: maxValueSize zero',
    manifest: namespaceOf({ maxValueSize: 0 }),
    refused: ['spec.maxValueSize: Invalid value: 0: must be a quantity greater than 0, such as 64Ki or 1Mi'],
  },
  {
    name: 'namespace: maxValueSize no quantity',
    manifest: namespaceOf({ maxValueSize: '1MB' }),
    refused: ['spec.maxValueSize: Invalid value: "1MB": must be a quantity greater than 0, such as 64Ki or 1Mi'],
  },
  {
    name: 'namespace: maxValueSize a flag',
    manifest: namespaceOf({ maxValueSize: true }),
    refused: ['spec.maxValueSize: Invalid value: "boolean": spec.maxValueSize in body must be of type integer,string: "boolean"', rulesSkipped],
  },
  {
    name: 'namespace: quota a list',
    manifest: namespaceOf({ quota: [] }),
    refused: ['spec.quota: Invalid value: "array": spec.quota in body must be of type object: "array"', rulesSkipped],
  },
  {
    name: 'namespace: quota of no memory',
    manifest: namespaceOf({ quota: { memory: '0' } }),
    refused: ['spec.quota.memory: Invalid value: "0": must be a quantity greater than 0, such as 250m, 256Mi or 2Gi'],
  },
  {
    name: 'namespace: quota of negative memory',
    manifest: namespaceOf({ quota: { memory: '-1Gi' } }),
    refused: ['spec.quota.memory: Invalid value: "-1Gi": must be a quantity greater than 0, such as 250m, 256Mi or 2Gi'],
  },
  {
    name: 'namespace: quota of no keys',
    manifest: namespaceOf({ quota: { keys: 0 } }),
    refused: ['spec.quota.keys: Invalid value: 0: spec.quota.keys in body should be greater than or equal to 1'],
  },
  {
    name: 'namespace: quota of keys a quantity',
    manifest: namespaceOf({ quota: { keys: '10k' } }),
    refused: ['spec.quota.keys: Invalid value: "string": spec.quota.keys in body must be of type integer: "string"', rulesSkipped],
  },
  {
    name: 'namespace: quota of no operations',
    manifest: namespaceOf({ quota: { opsPerSecond: 0 } }),
    refused: ['spec.quota.opsPerSecond: Invalid value: 0: spec.quota.opsPerSecond in body should be greater than or equal to 1'],
  },
  {
    name: 'namespace: quota of more operations than 32 bits hold',
    manifest: namespaceOf({ quota: { opsPerSecond: 5_000_000_000 } }),
    refused: ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.quota.opsPerSecond', 'spec.quota.opsPerSecond: Invalid value: 5000000000: spec.quota.opsPerSecond in body should be less than or equal to 2147483647'],
  },
  {
    name: 'namespace: quota of egress no quantity',
    manifest: namespaceOf({ quota: { egressPerSecond: '10 MiB' } }),
    refused: ['spec.quota.egressPerSecond: Invalid value: "10 MiB": must be a quantity greater than 0, such as 250m, 256Mi or 2Gi'],
  },
  {
    name: 'namespace: quota of too many connections',
    manifest: namespaceOf({ quota: { connections: 1_000_001 } }),
    refused: ['spec.quota.connections: Invalid value: 1000001: spec.quota.connections in body should be less than or equal to 1000000'],
  },
  {
    name: 'namespace: negativeTtl negative',
    manifest: namespaceOf({ negativeTtl: '-1s' }),
    refused: ['spec.negativeTtl: Invalid value: "-1s": must be a duration greater than 0, such as 30s, 5m or 1h30m'],
  },
  {
    name: 'namespace: staleWhileRevalidate no duration',
    manifest: namespaceOf({ staleWhileRevalidate: 'soon' }),
    refused: ['spec.staleWhileRevalidate: Invalid value: "soon": must be a duration greater than 0, such as 30s, 5m or 1h30m'],
  },
  {
    name: 'namespace: trackAccess a number',
    manifest: namespaceOf({ trackAccess: 1 }),
    refused: ['spec.trackAccess: Invalid value: "integer": spec.trackAccess in body must be of type boolean: "integer"', rulesSkipped],
  },
  {
    name: 'namespace: schedule with six fields',
    manifest: scheduled('0 0 3 * * *'),
    refused: ['spec.invalidation.schedule: Invalid value: "0 0 3 * * *": must be five cron fields in numbers, one space between, UTC: minute, hour, day of month, month, day of week, such as "0 3 * * 1-5"'],
  },
  {
    name: 'namespace: schedule with four fields',
    manifest: scheduled('0 3 * *'),
    refused: ['spec.invalidation.schedule: Invalid value: "0 3 * *": must be five cron fields in numbers, one space between, UTC: minute, hour, day of month, month, day of week, such as "0 3 * * 1-5"'],
  },
  {
    name: 'namespace: schedule at minute 60',
    manifest: scheduled('60 3 * * *'),
    refused: ['spec.invalidation.schedule: Invalid value: "60 3 * * *": must be five cron fields in numbers, one space between, UTC: minute, hour, day of month, month, day of week, such as "0 3 * * 1-5"'],
  },
  {
    name: 'namespace: schedule at hour 24',
    manifest: scheduled('0 24 * * *'),
    refused: ['spec.invalidation.schedule: Invalid value: "0 24 * * *": must be five cron fields in numbers, one space between, UTC: minute, hour, day of month, month, day of week, such as "0 3 * * 1-5"'],
  },
  {
    name: 'namespace: schedule on day 0',
    manifest: scheduled('0 3 0 * *'),
    refused: ['spec.invalidation.schedule: Invalid value: "0 3 0 * *": must be five cron fields in numbers, one space between, UTC: minute, hour, day of month, month, day of week, such as "0 3 * * 1-5"'],
  },
  {
    name: 'namespace: schedule by name',
    manifest: scheduled('@daily'),
    refused: ['spec.invalidation.schedule: Invalid value: "@daily": must be five cron fields in numbers, one space between, UTC: minute, hour, day of month, month, day of week, such as "0 3 * * 1-5"'],
  },
  {
    name: 'namespace: schedule with a step of 0',
    manifest: scheduled('*/0 * * * *'),
    refused: ['spec.invalidation.schedule: Invalid value: "*/0 * * * *": must be five cron fields in numbers, one space between, UTC: minute, hour, day of month, month, day of week, such as "0 3 * * 1-5"'],
  },
  {
    name: 'namespace: pattern empty',
    manifest: namespaceOf({ invalidation: { schedule: '0 3 * * *', pattern: '' } }),
    refused: ['spec.invalidation.pattern: Invalid value: "": spec.invalidation.pattern in body should be at least 1 chars long'],
  },
  {
    name: 'namespace: webhook token in the clear',
    manifest: namespaceOf({ invalidation: { webhookToken: 'secret' } }),
    refused: ['unknown field "spec.invalidation.webhookToken"'],
  },
  {
    name: 'namespace: webhook secret without a name',
    manifest: namespaceOf({ invalidation: { webhookTokenSecretRef: {} } }),
    refused: ['spec.invalidation.webhookTokenSecretRef.name: Required value', rulesSkipped],
  },
  {
    name: 'namespace: access without verbs',
    manifest: namespaceOf({ access: [{ user: 'ann' }] }),
    refused: ['spec.access[0].verbs: Required value', rulesSkipped],
  },
  {
    name: 'namespace: access with no verb',
    manifest: namespaceOf({ access: [{ user: 'ann', verbs: [] }] }),
    refused: ['spec.access[0].verbs: Invalid value: 0: spec.access[0].verbs in body should have at least 1 items'],
  },
  {
    name: 'namespace: access with an unknown verb',
    manifest: namespaceOf({ access: [{ user: 'ann', verbs: ['execute'] }] }),
    refused: ['spec.access[0].verbs[0]: Unsupported value: "execute": supported values: "read", "write", "delete", "flush", "admin"', rulesSkipped],
  },
  {
    name: 'namespace: access with a verb twice',
    manifest: namespaceOf({ access: [{ user: 'ann', verbs: ['read', 'read'] }] }),
    refused: ['spec.access[0].verbs: Invalid value: each verb may be named once: remove the duplicate'],
  },
  {
    name: 'namespace: access without a user',
    manifest: namespaceOf({ access: [{ verbs: ['read'] }] }),
    refused: ['spec.access[0].user: Required value', rulesSkipped],
  },
  {
    name: 'namespace: access with an empty user',
    manifest: namespaceOf({ access: [{ user: '', verbs: ['read'] }] }),
    refused: ['spec.access[0].user: Invalid value: "": spec.access[0].user in body should be at least 1 chars long', 'spec.access[0].user: Invalid value: "": must be a user name of users.acl: letters, digits and . _ @ : - only'],
  },
  {
    name: 'namespace: access with a space in the user',
    manifest: namespaceOf({ access: [{ user: 'ann +@all', verbs: ['read'] }] }),
    refused: ['spec.access[0].user: Invalid value: "ann +@all": must be a user name of users.acl: letters, digits and . _ @ : - only'],
  },
  {
    name: 'namespace: access with a user twice',
    manifest: namespaceOf({ access: [{ user: 'ann', verbs: ['read'] }, { user: 'ann', verbs: ['write'] }] }),
    refused: ['spec.access[1]: Duplicate value: {"user":"ann"}'],
  },
  {
    name: 'namespace: access for more than 64 users',
    manifest: namespaceOf({ access: many(65, (index) => ({ user: `user-${index}`, verbs: ['read'] })) }),
    refused: ['spec.access: Too many: 65: must have at most 64 items', rulesSkipped],
  },
  {
    name: 'namespace: deletionPolicy unknown',
    manifest: namespaceOf({ deletionPolicy: 'Retain' }),
    refused: ['spec.deletionPolicy: Unsupported value: "Retain": supported values: "Flush", "Keep"', rulesSkipped],
  },
  {
    name: 'namespace: consistency changed',
    manifest: namespaceOf({ consistency: 'session' }),
    before: namespaceOf(),
    refused: ['spec.consistency: Invalid value: "session": consistency cannot be changed: create another CacheNamespace with it and let clients move there'],
  },
  {
    name: 'namespace: name changed',
    manifest: namespaceOf({ name: 'basket' }),
    before: namespaceOf({ name: 'cart' }),
    refused: ['spec.name: Invalid value: name cannot be changed, since keys begin with it: create another CacheNamespace with the new name'],
  },
  {
    name: 'namespace: name added that is another',
    manifest: namespaceOf({ name: 'basket' }),
    before: namespaceOf(),
    refused: ['spec.name: Invalid value: name cannot be changed, since keys begin with it: create another CacheNamespace with the new name'],
  },
  {
    name: 'namespace: name taken away that was another',
    manifest: namespaceOf(),
    before: namespaceOf({ name: 'basket' }),
    refused: ['spec.name: Invalid value: name cannot be changed, since keys begin with it: create another CacheNamespace with the new name'],
  },
  {
    name: 'namespace: clusterRef to another cluster',
    manifest: namespaceOf({ clusterRef: { name: 'other' } }),
    before: namespaceOf(),
    refused: ['spec.clusterRef: Invalid value: clusterRef cannot be changed: create another CacheNamespace that points to the other cluster'],
  },
  {
    name: 'namespace: clusterRef to another Kubernetes namespace',
    manifest: namespaceOf({ clusterRef: { name: 'cart', namespace: 'shop' } }),
    before: namespaceOf(),
    refused: ['spec.clusterRef: Invalid value: clusterRef cannot be changed: create another CacheNamespace that points to the other cluster'],
  },
];
