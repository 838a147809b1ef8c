import type { NamespaceSettings, NamespacesDocument } from '../../shared/namespaces/document.ts';
import { nodeConfigError } from './environment.ts';

/** Checks by hand, for the reason that documents.ts gives; namespaces.test.ts holds them against the schema. */
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isDuration: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isOneOf =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value);
const isOptional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const isObjectOf =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    faultIn(value, fields) === undefined;

function faultIn(value: unknown, fields: Readonly<Record<string, Check>>): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no object';
  const given = value as Readonly<Record<string, unknown>>;
  const wrong = Object.keys(fields).find((name) => !fields[name](given[name]));
  return wrong === undefined ? undefined : `${wrong} is ${JSON.stringify(given[wrong])?.slice(0, 100)}`;
}

const verb = isOneOf('read', 'write', 'delete', 'flush', 'admin');
const settingsFields = {
  name: isText,
  uid: isText,
  revision: isOptional((value) => isCount(value) && value !== 0),
  tenant: isText,
  consistency: isOneOf('eventual', 'session', 'linearizable'),
  acknowledge: isOptional(isOneOf('insync', 'primary')),
  defaultTtlMs: isOptional(isDuration),
  maxTtlMs: isOptional(isDuration),
  ttlJitterPercent: (value) => isCount(value) && (value as number) <= 50,
  slidingExpiry: isFlag,
  eviction: isOptional(isText),
  maxValueBytes: isCount,
  quota: isObjectOf({ memoryBytes: isOptional(isCount), keys: isOptional(isCount), opsPerSecond: isOptional(isCount), egressBytesPerSecond: isOptional(isCount), connections: isOptional(isCount) }),
  negativeTtlMs: isOptional(isDuration),
  staleWhileRevalidateMs: isOptional(isDuration),
  trackAccess: isFlag,
  invalidation: isOptional(isObjectOf({ schedule: isOptional(isText), pattern: isOptional(isText), webhookTokenSha256: isOptional(isText) })),
  access: isListOf(isObjectOf({ user: isText, verbs: isListOf(verb) })),
} satisfies Record<keyof NamespaceSettings, Check>;

const documentFields = {
  formatVersion: isOneOf(1),
  revision: (value) => isCount(value) && value !== 0,
  namespaces: Array.isArray,
  retired: isListOf(isObjectOf({ name: isText, uid: isText })),
} satisfies Record<keyof NamespacesDocument, Check>;

/** A document of namespaces as the operator or a peer sent it. Throws NODE_CONFIG. */
export function parseNamespaces(value: unknown): NamespacesDocument {
  const fault = faultIn(value, documentFields);
  if (fault !== undefined) throw nodeConfigError(`namespaces: ${fault}`);
  const document = value as NamespacesDocument;
  document.namespaces.forEach((settings: unknown, index) => {
    const wrong = faultIn(settings, settingsFields);
    if (wrong !== undefined) throw nodeConfigError(`namespaces[${index}]: ${wrong}`);
  });
  if (new Set(document.namespaces.map(({ name }) => name)).size < document.namespaces.length) throw nodeConfigError('namespaces: a name is there twice');
  return document;
}
