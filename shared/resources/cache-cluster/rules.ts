import type { CelRule } from '../structural/schema.ts';

/** The rules of resources.md that a schema's own words cannot say. Each message says what to change. */
export const durationRules: readonly CelRule[] = [
  {
    // Bounded digits: no text that passes overflows Go's 64-bit nanoseconds.
    rule: "self != '' && self.matches('^([0-9]{1,6}([.][0-9]{1,9})?h)?([0-9]{1,7}([.][0-9]{1,9})?m)?([0-9]{1,9}([.][0-9]{1,9})?s)?([0-9]{1,9}([.][0-9]{1,9})?ms)?$')",
    message: 'must be a duration such as 30s, 5m or 1h30m',
  },
];

export const quantityRules: readonly CelRule[] = [
  { rule: 'isQuantity(string(self)) && quantity(string(self)).isGreaterThan(quantity("0"))', message: 'must be a quantity greater than 0, such as 250m, 256Mi or 2Gi' },
];

export const memoryRules: readonly CelRule[] = [
  { rule: 'isQuantity(string(self))', message: 'must be a quantity such as 256Mi or 2Gi' },
  {
    rule: '!isQuantity(string(self)) || quantity(string(self)).compareTo(quantity("32Mi")) >= 0',
    message: 'must be at least 32Mi: a shard needs that much to hold any keys',
  },
];

export const storageSizeRules: readonly CelRule[] = [
  ...quantityRules,
  {
    rule: '!isQuantity(string(self)) || !isQuantity(string(oldSelf)) || quantity(string(self)).compareTo(quantity(string(oldSelf))) >= 0',
    message: 'storage may grow but never shrink: set it to its old value or more',
  },
];

export const regionNameRules: readonly CelRule[] = [
  {
    rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    message: 'must be a DNS label: lower-case letters, digits and hyphens, with a letter or digit at both ends',
  },
  { rule: "!self.endsWith('-nodes')", message: 'must not end in -nodes: that name is taken by the Service of a region; choose another region name' },
];

export const regionsRules: readonly CelRule[] = [
  { rule: 'self.all(r, self.exists_one(other, other.name == r.name))', message: 'each region name may be used once: rename or remove the duplicate' },
];

export const autoscalingRules: readonly CelRule[] = [
  { rule: 'self.minShards <= self.maxShards', message: 'minShards must not be greater than maxShards: lower minShards or raise maxShards', fieldPath: '.minShards' },
];

export const networkPeerRules: readonly CelRule[] = [
  {
    rule: 'has(self.ipBlock) || has(self.podSelector) || has(self.namespaceSelector)',
    message: 'set ipBlock, podSelector or namespaceSelector: an empty peer would match nobody',
  },
  {
    rule: '!has(self.ipBlock) || (!has(self.podSelector) && !has(self.namespaceSelector))',
    message: 'ipBlock stands alone: move podSelector and namespaceSelector to a peer of their own',
  },
];

export const cidrRules: readonly CelRule[] = [{ rule: 'isCIDR(self)', message: 'must be a range of addresses such as 10.0.0.0/8 or fd00::/8' }];

export const envRules: readonly CelRule[] = [
  { rule: '!has(self.value) || !has(self.valueFrom)', message: 'set either value or valueFrom, not both' },
  { rule: "!self.name.startsWith('MERIDIAN_')", message: 'names that start with MERIDIAN_ are set by the operator: choose another name', fieldPath: '.name' },
];

export const envSourceRules: readonly CelRule[] = [
  { rule: 'has(self.secretKeyRef) != has(self.configMapKeyRef)', message: 'set exactly one of secretKeyRef and configMapKeyRef' },
];

export const podLabelRules: readonly CelRule[] = [
  {
    rule: "self.all(key, !key.startsWith('meridiancache.io/') && !key.startsWith('app.kubernetes.io/'))",
    message: 'keys that start with meridiancache.io/ or app.kubernetes.io/ are set by the operator: choose another key',
  },
];

export const podAnnotationRules: readonly CelRule[] = [
  {
    rule: "self.all(key, !key.startsWith('meridiancache.io/'))",
    message: 'keys that start with meridiancache.io/ are set by the operator: choose another key',
  },
];

export const specRules: readonly CelRule[] = [
  {
    rule: '!has(self.minInSync) || self.minInSync <= self.replicas + 1',
    message: 'minInSync must not be greater than replicas + 1: lower minInSync or raise replicas',
    fieldPath: '.minInSync',
  },
  {
    rule: '!has(self.minInSync) || self.regions.all(r, !has(r.replicas) || self.minInSync <= r.replicas + 1)',
    message: 'minInSync must not be greater than replicas + 1 of any region: lower minInSync or raise the replicas of that region',
    fieldPath: '.minInSync',
  },
  {
    rule: '!self.hibernate || has(self.storage)',
    message: 'hibernate needs storage, or every key would be lost: add storage or set hibernate to false',
    fieldPath: '.hibernate',
  },
  {
    rule: 'has(self.storage) == has(oldSelf.storage)',
    message: 'storage cannot be added to a cluster or taken from it: make a new cluster and let clients move there',
    fieldPath: '.storage',
  },
];

/** The longest `<cluster name><region name>` whose derived names still fit a pod label. */
export const maxNamesLength = 46;

export const rootRules: readonly CelRule[] = [
  {
    rule: "!has(self.metadata.name) || self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message: 'must start with a lower-case letter and hold only lower-case letters, digits and hyphens: Services are named after it',
    fieldPath: '.metadata.name',
  },
  {
    rule: `!has(self.metadata.name) || self.spec.regions.all(r, self.metadata.name.size() + r.name.size() <= ${maxNamesLength})`,
    message: `metadata.name and each region name together may have at most ${maxNamesLength} characters: shorten one of them`,
    fieldPath: '.metadata.name',
  },
];
