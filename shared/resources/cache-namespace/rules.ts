import type { CelRule } from '../structural/schema.ts';

/** What a rule about two durations may look at: one that is no duration has been refused by its own field. */
const durationText = '^([0-9]{1,6}([.][0-9]{1,9})?h)?([0-9]{1,7}([.][0-9]{1,9})?m)?([0-9]{1,9}([.][0-9]{1,9})?s)?([0-9]{1,9}([.][0-9]{1,9})?ms)?$';
const isDuration = (field: string): string => `(${field} != '' && ${field}.matches('${durationText}'))`;

export const lifetimeRules: readonly CelRule[] = [
  { rule: `${isDuration('self')} && duration(self) > duration('0s')`, message: 'must be a duration greater than 0, such as 30s, 5m or 1h30m' },
];

const label = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';

/** The cluster's own keys: over HTTP they are the namespace of this name. */
export const reservedName = 'default';
const reserved = `the name ${reservedName} stands for the keys that belong to no CacheNamespace, and cannot be taken`;

export const wireNameRules: readonly CelRule[] = [
  { rule: `self.matches('${label}')`, message: 'must be a DNS label: lower-case letters, digits and hyphens, with a letter or digit at both ends' },
  { rule: `self != '${reservedName}'`, message: `${reserved}: choose another name` },
];

export const maxValueSizeRules: readonly CelRule[] = [
  { rule: 'isQuantity(string(self)) && quantity(string(self)).isGreaterThan(quantity("0"))', message: 'must be a quantity greater than 0, such as 64Ki or 1Mi' },
  {
    rule: '!isQuantity(string(self)) || quantity(string(self)).compareTo(quantity("512Mi")) <= 0',
    message: 'must be at most 512Mi: no value of the Redis protocol is larger',
  },
];

export const consistencyRules: readonly CelRule[] = [
  { rule: 'self == oldSelf', message: 'consistency cannot be changed: create another CacheNamespace with it and let clients move there' },
];

export const clusterRefRules: readonly CelRule[] = [
  {
    rule: 'self == oldSelf',
    message: 'clusterRef cannot be changed: create another CacheNamespace that points to the other cluster',
  },
];

/** One field of a cron line: lists of `*`, numbers, ranges, each with a step. */
const cronField = (value: string): string => {
  const item = `([*]|${value}(-${value})?)(/[1-9][0-9]?)?`;
  return `${item}(,${item})*`;
};
const cronLine = [cronField('[0-5]?[0-9]'), cronField('([01]?[0-9]|2[0-3])'), cronField('(0?[1-9]|[12][0-9]|3[01])'), cronField('(0?[1-9]|1[0-2])'), cronField('[0-7]')].join(' ');

export const scheduleRules: readonly CelRule[] = [
  {
    rule: `self.matches('^${cronLine}$')`,
    message: 'must be five cron fields in numbers, one space between, UTC: minute, hour, day of month, month, day of week, such as "0 3 * * 1-5"',
  },
];

export const userRules: readonly CelRule[] = [
  { rule: "self.matches('^[A-Za-z0-9._@:-]+$')", message: 'must be a user name of users.acl: letters, digits and . _ @ : - only' },
];

export const verbsRules: readonly CelRule[] = [
  { rule: 'self.all(v, self.exists_one(other, other == v))', message: 'each verb may be named once: remove the duplicate' },
];

export const specRules: readonly CelRule[] = [
  {
    rule: `!has(self.defaultTtl) || !has(self.maxTtl) || !${isDuration('self.defaultTtl')} || !${isDuration('self.maxTtl')} || duration(self.defaultTtl) <= duration(self.maxTtl)`,
    message: 'defaultTtl must not be greater than maxTtl: lower defaultTtl or raise maxTtl',
    fieldPath: '.defaultTtl',
  },
];

export const rootRules: readonly CelRule[] = [
  {
    rule: `has(self.spec.name) || !has(self.metadata.name) || (self.metadata.name.size() <= 63 && self.metadata.name.matches('${label}'))`,
    message: 'without spec.name, metadata.name is the name on the wire and must be a DNS label of at most 63 characters: shorten it, take dots out of it, or set spec.name',
    fieldPath: '.metadata.name',
  },
  {
    rule: `has(self.spec.name) || !has(self.metadata.name) || self.metadata.name != '${reservedName}'`,
    message: `without spec.name, metadata.name is the name on the wire: ${reserved}: choose another, or set spec.name`,
    fieldPath: '.metadata.name',
  },
  {
    rule: '(has(self.spec.name) ? self.spec.name : self.metadata.name) == (has(oldSelf.spec.name) ? oldSelf.spec.name : oldSelf.metadata.name)',
    message: 'name cannot be changed, since keys begin with it: create another CacheNamespace with the new name',
    fieldPath: '.spec.name',
  },
];
