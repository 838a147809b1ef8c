import type { JsonObject } from '../../shared/resources/admission/json.ts';
import { evictionPolicies } from '../../shared/resources/cache-cluster/spec.ts';
import { cluster, regions, without } from './build.ts';

export interface BadManifest {
  readonly name: string;
  readonly manifest: JsonObject;
  /** What is stored before: the manifest is then an update. */
  readonly before?: JsonObject;
  /** Every sentence of the answer, in any order, as kube-apiserver 1.36.3 gave it. */
  readonly refused: readonly string[];
}

const env = (...list: readonly unknown[]): JsonObject => cluster({ podTemplate: { env: list } });
const clients = (...list: readonly unknown[]): JsonObject => cluster({ networkPolicy: { clientsFrom: list } });
const firstRegion = (fields: JsonObject): JsonObject => cluster({ regions: [{ name: 'us-east-1', ...fields }] });
const specWithout = (field: string): JsonObject => ({ ...cluster(), spec: without(cluster().spec as JsonObject, field) });
const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index));

const evictions = evictionPolicies.map((policy) => JSON.stringify(policy)).join(', ');
const rulesSkipped = '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/** CacheClusters that admission refuses, on Kubernetes and in local mode alike. */
export const badManifests: readonly BadManifest[] = [
  {
    name: 'no spec',
    manifest: without(cluster(), 'spec'),
    refused: ['spec: Required value', rulesSkipped],
  },
  {
    name: 'no memory',
    manifest: specWithout('memory'),
    refused: ['spec.memory: Required value', rulesSkipped],
  },
  {
    name: 'no regions',
    manifest: specWithout('regions'),
    refused: ['spec.regions: Required value', rulesSkipped],
  },
  {
    name: 'memory null',
    manifest: cluster({ memory: null }),
    refused: ['spec.memory: Required value', rulesSkipped],
  },
  {
    name: 'unknown field of the spec',
    manifest: cluster({ shardCount: 3 }),
    refused: ['unknown field "spec.shardCount"'],
  },
  {
    name: 'unknown fields deeper down',
    manifest: cluster({ regions: [{ name: 'a', zone: 'b' }], auth: { password: 'x' } }),
    refused: ['unknown field "spec.auth.password"', 'unknown field "spec.regions[0].zone"'],
  },
  {
    name: 'memory limit of the container',
    manifest: cluster({ resources: { limits: { memory: '1Gi' } } }),
    refused: ['unknown field "spec.resources.limits.memory"'],
  },
  {
    name: 'service account in the pod template',
    manifest: cluster({ podTemplate: { serviceAccountName: 'root' } }),
    refused: ['unknown field "spec.podTemplate.serviceAccountName"'],
  },
  {
    name: 'host network in the pod template',
    manifest: cluster({ podTemplate: { hostNetwork: true } }),
    refused: ['unknown field "spec.podTemplate.hostNetwork"'],
  },
  {
    name: 'shards 0',
    manifest: cluster({ shards: 0 }),
    refused: ['spec.shards: Invalid value: 0: spec.shards in body should be greater than or equal to 1'],
  },
  {
    name: 'shards 1001',
    manifest: cluster({ shards: 1001 }),
    refused: ['spec.shards: Invalid value: 1001: spec.shards in body should be less than or equal to 1000'],
  },
  {
    name: 'shards a text',
    manifest: cluster({ shards: '3' }),
    refused: ['.spec.shards: Invalid value: 0: .spec.shards accessor error: 3 is of the type string, expected int64', 'spec.shards: Invalid value: "string": spec.shards in body must be of type integer: "string"', rulesSkipped],
  },
  {
    name: 'shards a fraction',
    manifest: cluster({ shards: 2.5 }),
    refused: ['.spec.shards: Invalid value: 0: .spec.shards accessor error: 2.5 is of the type float64, expected int64', '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.shards', 'spec.shards: Invalid value: "float64": spec.shards in body must be of type int32: "float64"', rulesSkipped],
  },
  {
    name: 'shards true',
    manifest: cluster({ shards: true }),
    refused: ['.spec.shards: Invalid value: 0: .spec.shards accessor error: true is of the type bool, expected int64', 'spec.shards: Invalid value: "": spec.shards in body must be of type int32: ""', rulesSkipped],
  },
  {
    name: 'shards an object',
    manifest: cluster({ shards: {} }),
    refused: ['.spec.shards: Invalid value: 0: .spec.shards accessor error: map[] is of the type map[string]interface {}, expected int64', 'spec.shards: Invalid value: "": spec.shards in body must be of type int32: ""', rulesSkipped],
  },
  {
    name: 'shards a list',
    manifest: cluster({ shards: [] }),
    refused: ['.spec.shards: Invalid value: 0: .spec.shards accessor error: [] is of the type []interface {}, expected int64', 'spec.shards: Invalid value: "array": spec.shards in body must be of type integer: "array"', rulesSkipped],
  },
  {
    name: 'shards beyond int32',
    manifest: cluster({ shards: 5_000_000_000 }),
    refused: ['.spec.shards: Invalid value: 5000000000: should be less than or equal to 2147483647', '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.shards', 'spec.shards: Invalid value: 5000000000: spec.shards in body should be less than or equal to 1000'],
  },
  {
    name: 'replicas 5',
    manifest: cluster({ replicas: 5 }),
    refused: ['spec.replicas: Invalid value: 5: spec.replicas in body should be less than or equal to 4'],
  },
  {
    name: 'replicas -1',
    manifest: cluster({ replicas: -1 }),
    refused: ['spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0'],
  },
  {
    name: 'regions empty',
    manifest: cluster({ regions: [] }),
    refused: ['spec.regions: Invalid value: 0: spec.regions in body should have at least 1 items'],
  },
  {
    name: 'regions a text',
    manifest: cluster({ regions: 'us-east-1' }),
    refused: ['spec.regions: Invalid value: "string": spec.regions in body must be of type array: "string"', rulesSkipped],
  },
  {
    name: 'regions a list of texts',
    manifest: cluster({ regions: ['us-east-1'] }),
    refused: ['spec.regions[0]: Invalid value: "string": spec.regions[0] in body must be of type object: "string"', 'spec.regions[0]: Invalid value: "us-east-1": must be an object for an array of list-type map', rulesSkipped],
  },
  {
    name: 'ten regions',
    manifest: cluster({ regions: regions(...many(10, (index) => `r${index}`)) }),
    refused: ['spec.regions: Too many: 10: must have at most 9 items', rulesSkipped],
  },
  {
    name: 'region twice',
    manifest: cluster({ regions: regions('us-east-1', 'eu-west-1', 'us-east-1') }),
    refused: ['spec.regions: Invalid value: each region name may be used once: rename or remove the duplicate', 'spec.regions[2]: Duplicate value: {"name":"us-east-1"}'],
  },
  {
    name: 'region without a name',
    manifest: cluster({ regions: [{ replicas: 1 }] }),
    refused: ['spec.regions[0].name: Required value', rulesSkipped],
  },
  {
    name: 'region with an empty name',
    manifest: cluster({ regions: regions('') }),
    refused: ['spec.regions[0].name: Invalid value: "": must be a DNS label: lower-case letters, digits and hyphens, with a letter or digit at both ends', 'spec.regions[0].name: Invalid value: "": spec.regions[0].name in body should be at least 1 chars long'],
  },
  {
    name: 'region in capitals',
    manifest: cluster({ regions: regions('US-East-1') }),
    refused: ['spec.regions[0].name: Invalid value: "US-East-1": must be a DNS label: lower-case letters, digits and hyphens, with a letter or digit at both ends'],
  },
  {
    name: 'region with a dot',
    manifest: cluster({ regions: regions('us.east') }),
    refused: ['spec.regions[0].name: Invalid value: "us.east": must be a DNS label: lower-case letters, digits and hyphens, with a letter or digit at both ends'],
  },
  {
    name: 'region that ends in -nodes',
    manifest: cluster({ regions: regions('us-east-1', 'us-nodes') }),
    refused: ['spec.regions[1].name: Invalid value: "us-nodes": must not end in -nodes: that name is taken by the Service of a region; choose another region name'],
  },
  {
    name: 'region name too long',
    manifest: cluster({ regions: regions('r'.repeat(46)) }),
    refused: ['spec.regions[0].name: Too long: may not be more than 45 bytes', rulesSkipped],
  },
  {
    name: 'replicas of a region',
    manifest: firstRegion({ replicas: 9 }),
    refused: ['spec.regions[0].replicas: Invalid value: 9: spec.regions[0].replicas in body should be less than or equal to 4'],
  },
  {
    name: 'cpu of a region',
    manifest: firstRegion({ resources: { requests: { cpu: 'lots' } } }),
    refused: ['spec.regions[0].resources.requests.cpu: Invalid value: "lots": must be a quantity greater than 0, such as 250m, 256Mi or 2Gi'],
  },
  {
    name: 'node selector of a region',
    manifest: firstRegion({ nodeSelector: { disk: 7 } }),
    refused: ['spec.regions[0].nodeSelector.disk: Invalid value: "integer": spec.regions[0].nodeSelector.disk in body must be of type string: "integer"', rulesSkipped],
  },
  {
    name: 'effect of a toleration',
    manifest: firstRegion({ tolerations: [{ key: 'a', effect: 'Never' }] }),
    refused: ['spec.regions[0].tolerations[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"', rulesSkipped],
  },
  {
    name: 'spread constraint without its key',
    manifest: firstRegion({ topologySpreadConstraints: [{ maxSkew: 0, whenUnsatisfiable: 'DoNotSchedule' }] }),
    refused: ['spec.regions[0].topologySpreadConstraints[0].maxSkew: Invalid value: 0: spec.regions[0].topologySpreadConstraints[0].maxSkew in body should be greater than or equal to 1', 'spec.regions[0].topologySpreadConstraints[0].topologyKey: Required value', rulesSkipped],
  },
  {
    name: 'memory below 32Mi',
    manifest: cluster({ memory: '31Mi' }),
    refused: ['spec.memory: Invalid value: "31Mi": must be at least 32Mi: a shard needs that much to hold any keys'],
  },
  {
    name: 'memory a small number',
    manifest: cluster({ memory: 1024 }),
    refused: ['spec.memory: Invalid value: 1024: must be at least 32Mi: a shard needs that much to hold any keys'],
  },
  {
    name: 'memory with a wrong suffix',
    manifest: cluster({ memory: '64MB' }),
    refused: ['spec.memory: Invalid value: "64MB": must be a quantity such as 256Mi or 2Gi'],
  },
  {
    name: 'memory empty',
    manifest: cluster({ memory: '' }),
    refused: ['spec.memory: Invalid value: "": must be a quantity such as 256Mi or 2Gi'],
  },
  {
    name: 'memory true',
    manifest: cluster({ memory: true }),
    refused: ['spec.memory: Invalid value: "boolean": spec.memory in body must be of type integer,string: "boolean"', rulesSkipped],
  },
  {
    name: 'memory a fraction',
    manifest: cluster({ memory: 67108864.5 }),
    refused: ['spec.memory: Invalid value: "number": spec.memory in body must be of type integer,string: "number"', rulesSkipped],
  },
  {
    name: 'memory too long a text',
    manifest: cluster({ memory: '1'.repeat(33) }),
    refused: ['spec.memory: Too long: may not be more than 32 bytes', rulesSkipped],
  },
  {
    name: 'eviction unknown',
    manifest: cluster({ eviction: 'allkeys-fifo' }),
    refused: [`spec.eviction: Unsupported value: "allkeys-fifo": supported values: ${evictions}`, rulesSkipped],
  },
  {
    name: 'eviction a number',
    manifest: cluster({ eviction: 5 }),
    refused: ['spec.eviction: Invalid value: "integer": spec.eviction in body must be of type string: "integer"', `spec.eviction: Unsupported value: 5: supported values: ${evictions}`, rulesSkipped],
  },
  {
    name: 'acknowledge unknown',
    manifest: cluster({ acknowledge: 'all' }),
    refused: ['spec.acknowledge: Unsupported value: "all": supported values: "insync", "primary"', rulesSkipped],
  },
  {
    name: 'announce unknown',
    manifest: cluster({ announce: 'dns' }),
    refused: ['spec.announce: Unsupported value: "dns": supported values: "ip", "hostname"', rulesSkipped],
  },
  {
    name: 'deletionPolicy unknown',
    manifest: cluster({ deletionPolicy: 'Orphan' }),
    refused: ['spec.deletionPolicy: Unsupported value: "Orphan": supported values: "Delete", "RetainData"', rulesSkipped],
  },
  {
    name: 'minInSync without replicas',
    manifest: cluster({ minInSync: 2 }),
    refused: ['spec.minInSync: Invalid value: minInSync must not be greater than replicas + 1: lower minInSync or raise replicas'],
  },
  {
    name: 'minInSync above the replicas of one region',
    manifest: cluster({ replicas: 2, minInSync: 3, regions: [{ name: 'a' }, { name: 'b', replicas: 1 }] }),
    refused: ['spec.minInSync: Invalid value: minInSync must not be greater than replicas + 1 of any region: lower minInSync or raise the replicas of that region'],
  },
  {
    name: 'minInSync 0',
    manifest: cluster({ minInSync: 0 }),
    refused: ['spec.minInSync: Invalid value: 0: spec.minInSync in body should be greater than or equal to 1'],
  },
  {
    name: 'fastFailover a text',
    manifest: cluster({ fastFailover: 'yes' }),
    refused: ['spec.fastFailover: Invalid value: "string": spec.fastFailover in body must be of type boolean: "string"', rulesSkipped],
  },
  {
    name: 'emptyShardAfter without a unit',
    manifest: cluster({ emptyShardAfter: '30' }),
    refused: ['spec.emptyShardAfter: Invalid value: "30": must be a duration such as 30s, 5m or 1h30m'],
  },
  {
    name: 'emptyShardAfter in days',
    manifest: cluster({ emptyShardAfter: '1d' }),
    refused: ['spec.emptyShardAfter: Invalid value: "1d": must be a duration such as 30s, 5m or 1h30m'],
  },
  {
    name: 'emptyShardAfter negative',
    manifest: cluster({ emptyShardAfter: '-5s' }),
    refused: ['spec.emptyShardAfter: Invalid value: "-5s": must be a duration such as 30s, 5m or 1h30m'],
  },
  {
    name: 'emptyShardAfter a number',
    manifest: cluster({ emptyShardAfter: 30 }),
    refused: ['spec.emptyShardAfter: Invalid value: "integer": spec.emptyShardAfter in body must be of type string: "integer"', rulesSkipped],
  },
  {
    name: 'emptyShardAfter beyond 292 years',
    manifest: cluster({ emptyShardAfter: '999999999h' }),
    refused: ['spec.emptyShardAfter: Invalid value: "999999999h": must be a duration such as 30s, 5m or 1h30m'],
  },
  {
    name: 'hibernate without storage',
    manifest: cluster({ hibernate: true }),
    refused: ['spec.hibernate: Invalid value: hibernate needs storage, or every key would be lost: add storage or set hibernate to false'],
  },
  {
    name: 'autoscaling the wrong way round',
    manifest: cluster({ autoscaling: { minShards: 5, maxShards: 2 } }),
    refused: ['spec.autoscaling.minShards: Invalid value: minShards must not be greater than maxShards: lower minShards or raise maxShards'],
  },
  {
    name: 'autoscaling without maxShards',
    manifest: cluster({ autoscaling: { minShards: 1 } }),
    refused: ['spec.autoscaling.maxShards: Required value', rulesSkipped],
  },
  {
    name: 'autoscaling target above 100',
    manifest: cluster({ autoscaling: { minShards: 1, maxShards: 2, targetMemoryPercent: 101 } }),
    refused: ['spec.autoscaling.targetMemoryPercent: Invalid value: 101: spec.autoscaling.targetMemoryPercent in body should be less than or equal to 100'],
  },
  {
    name: 'rollout of no shard at once',
    manifest: cluster({ rollout: { maxUnavailableShards: 0 } }),
    refused: ['spec.rollout.maxUnavailableShards: Invalid value: 0: spec.rollout.maxUnavailableShards in body should be greater than or equal to 1'],
  },
  {
    name: 'resharding approval unknown',
    manifest: cluster({ resharding: { approval: 'never' } }),
    refused: ['spec.resharding.approval: Unsupported value: "never": supported values: "auto", "manual"', rulesSkipped],
  },
  {
    name: 'resharding rate 0',
    manifest: cluster({ resharding: { bytesPerSecond: '0' } }),
    refused: ['spec.resharding.bytesPerSecond: Invalid value: "0": must be a quantity greater than 0, such as 250m, 256Mi or 2Gi'],
  },
  {
    name: 'storage without a size',
    manifest: cluster({ storage: { storageClassName: 'fast' } }),
    refused: ['spec.storage.size: Required value', rulesSkipped],
  },
  {
    name: 'storage size not a quantity',
    manifest: cluster({ storage: { size: 'big' } }),
    refused: ['spec.storage.size: Invalid value: "big": must be a quantity greater than 0, such as 250m, 256Mi or 2Gi'],
  },
  {
    name: 'storage shrunk',
    manifest: cluster({ storage: { size: '1Gi' } }),
    before: cluster({ storage: { size: '2Gi' } }),
    refused: ['spec.storage.size: Invalid value: "1Gi": storage may grow but never shrink: set it to its old value or more'],
  },
  {
    name: 'storage taken away, which would let it come back smaller',
    manifest: cluster({}),
    before: cluster({ storage: { size: '2Gi' } }),
    refused: ['spec.storage: Invalid value: storage cannot be added to a cluster or taken from it: make a new cluster and let clients move there'],
  },
  {
    name: 'storage added',
    manifest: cluster({ storage: { size: '2Gi' } }),
    before: cluster({}),
    refused: ['spec.storage: Invalid value: storage cannot be added to a cluster or taken from it: make a new cluster and let clients move there'],
  },
  {
    name: 'storage shrunk in other units',
    manifest: cluster({ storage: { size: '1.9Gi' } }),
    before: cluster({ storage: { size: '2048Mi' } }),
    refused: ['spec.storage.size: Invalid value: "1.9Gi": storage may grow but never shrink: set it to its old value or more'],
  },
  {
    name: 'shards 0 in an update',
    manifest: cluster({ shards: 0 }),
    before: cluster({ shards: 3 }),
    refused: ['spec.shards: Invalid value: 0: spec.shards in body should be greater than or equal to 1'],
  },
  {
    name: 'auth secret without a name',
    manifest: cluster({ auth: { usersSecretRef: {} } }),
    refused: ['spec.auth.usersSecretRef.name: Required value', rulesSkipped],
  },
  {
    name: 'clients: empty peer',
    manifest: clients({}),
    refused: ['spec.networkPolicy.clientsFrom[0]: Invalid value: set ipBlock, podSelector or namespaceSelector: an empty peer would match nobody'],
  },
  {
    name: 'clients: range of addresses and pods at once',
    manifest: clients({ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }),
    refused: ['spec.networkPolicy.clientsFrom[0]: Invalid value: ipBlock stands alone: move podSelector and namespaceSelector to a peer of their own'],
  },
  {
    name: 'clients: not a range',
    manifest: clients({ ipBlock: { cidr: '10.0.0.0' } }),
    refused: ['spec.networkPolicy.clientsFrom[0].ipBlock.cidr: Invalid value: "10.0.0.0": must be a range of addresses such as 10.0.0.0/8 or fd00::/8'],
  },
  {
    name: 'clients: exception that is no range',
    manifest: clients({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/33'] } }),
    refused: ['spec.networkPolicy.clientsFrom[0].ipBlock.except[0]: Invalid value: "10.1.0.0/33": must be a range of addresses such as 10.0.0.0/8 or fd00::/8'],
  },
  {
    name: 'clients: operator of a selector',
    manifest: clients({ podSelector: { matchExpressions: [{ key: 'a', operator: 'Is' }] } }),
    refused: ['spec.networkPolicy.clientsFrom[0].podSelector.matchExpressions[0].operator: Unsupported value: "Is": supported values: "In", "NotIn", "Exists", "DoesNotExist"', rulesSkipped],
  },
  {
    name: 'env: reserved name',
    manifest: env({ name: 'MERIDIAN_SHARD', value: '1' }),
    refused: ['spec.podTemplate.env[0].name: Invalid value: names that start with MERIDIAN_ are set by the operator: choose another name'],
  },
  {
    name: 'env: value twice',
    manifest: env({ name: 'A', value: '1', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }),
    refused: ['spec.podTemplate.env[0]: Invalid value: set either value or valueFrom, not both'],
  },
  {
    name: 'env: from nowhere',
    manifest: env({ name: 'A', valueFrom: {} }),
    refused: ['spec.podTemplate.env[0].valueFrom: Invalid value: set exactly one of secretKeyRef and configMapKeyRef'],
  },
  {
    name: 'env: name twice',
    manifest: env({ name: 'A', value: '1' }, { name: 'A', value: '2' }),
    refused: ['spec.podTemplate.env[1]: Duplicate value: {"name":"A"}'],
  },
  {
    name: 'pod label of ours',
    manifest: cluster({ podTemplate: { labels: { 'meridiancache.io/shard': '1' } } }),
    refused: ['spec.podTemplate.labels: Invalid value: keys that start with meridiancache.io/ or app.kubernetes.io/ are set by the operator: choose another key'],
  },
  {
    name: 'pod annotation of ours',
    manifest: cluster({ podTemplate: { annotations: { 'meridiancache.io/template-hash': 'x' } } }),
    refused: ['spec.podTemplate.annotations: Invalid value: keys that start with meridiancache.io/ are set by the operator: choose another key'],
  },
  {
    name: 'too many pod labels',
    manifest: cluster({ podTemplate: { labels: Object.fromEntries(many(33, (index) => [`l${index}`, 'x'])) } }),
    refused: ['spec.podTemplate.labels: Too many: 33: must have at most 32 items', rulesSkipped],
  },
  {
    name: 'name with a dot',
    manifest: cluster({}, { name: 'my.cart' }),
    refused: ['metadata.name: Invalid value: must start with a lower-case letter and hold only lower-case letters, digits and hyphens: Services are named after it'],
  },
  {
    name: 'name that starts with a digit',
    manifest: cluster({}, { name: '1cart' }),
    refused: ['metadata.name: Invalid value: must start with a lower-case letter and hold only lower-case letters, digits and hyphens: Services are named after it'],
  },
  {
    name: 'name in capitals',
    manifest: cluster({}, { name: 'Cart' }),
    refused: [String.raw`metadata.name: Invalid value: "Cart": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`, 'metadata.name: Invalid value: must start with a lower-case letter and hold only lower-case letters, digits and hyphens: Services are named after it'],
  },
  {
    name: 'name too long',
    manifest: cluster({}, { name: 'c'.repeat(46) }),
    refused: ['metadata.name: Too long: may not be more than 45 bytes', rulesSkipped],
  },
  {
    name: 'name and region too long together',
    manifest: cluster({}, { name: 'c'.repeat(40) }),
    refused: ['metadata.name: Invalid value: metadata.name and each region name together may have at most 46 characters: shorten one of them'],
  },
  {
    name: 'name and region too long together in an update',
    manifest: cluster({ regions: regions('a', 'b'.repeat(20)) }, { name: 'c'.repeat(40) }),
    before: cluster({ regions: regions('a') }, { name: 'c'.repeat(40) }),
    refused: ['metadata.name: Invalid value: metadata.name and each region name together may have at most 46 characters: shorten one of them'],
  },
  {
    name: 'label value with a space',
    manifest: cluster({}, { labels: { team: 'a b' } }),
    refused: [`metadata.labels: Invalid value: "a b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`],
  },
  {
    name: 'two faults at once',
    manifest: cluster({ shards: 0, replicas: 7 }),
    refused: ['spec.replicas: Invalid value: 7: spec.replicas in body should be less than or equal to 4', 'spec.shards: Invalid value: 0: spec.shards in body should be greater than or equal to 1'],
  },
  {
    name: 'a fault of type hides the rules',
    manifest: cluster({ eviction: 'x', hibernate: true }),
    refused: [`spec.eviction: Unsupported value: "x": supported values: ${evictions}`, rulesSkipped],
  },
];
