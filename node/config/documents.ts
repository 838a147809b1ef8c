import type { LiveConfig } from '../../shared/admin/contract.ts';
import { parseBusKey, type BusKeys } from '../../shared/bus/identity.ts';
import type { NodeConfig } from '../../shared/kube/documents.ts';
import { nodeConfigError } from './environment.ts';

/**
 * Checks of what the operator sends, by hand: the schemas in shared/ are the contract, but a node that loads zod is 10 MB larger
 * at rest and 30 ms slower to start. documents.test.ts holds both against each other.
 */
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isFlag: Check = (value) => typeof value === 'boolean';
const isWhole =
  (least: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least;
const isOneOf =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value);

const liveFields = {
  memoryBytes: isNumber,
  eviction: isText,
  acknowledge: isOneOf('insync', 'primary'),
  minInSync: isWhole(1),
  fastFailover: isFlag,
  emptyShardAfterMs: isNumber,
} satisfies Partial<Record<keyof LiveConfig & keyof NodeConfig, Check>>;

const nodeConfigFields = {
  ...liveFields,
  formatVersion: isOneOf(1),
  cluster: isText,
  clusterUid: isText,
  namespace: isText,
  region: isText,
  regions: (value: unknown) => Array.isArray(value) && value.every(isText),
  shards: isWhole(1),
  replicas: isWhole(0),
  announce: isOneOf('ip', 'hostname'),
  authEnabled: isFlag,
} satisfies Record<Exclude<keyof NodeConfig, 'revision'>, Check>;

/** node.json. Throws NODE_CONFIG. */
export function parseNodeConfig(text: string): NodeConfig {
  const value = parseObject(text);
  for (const [name, check] of Object.entries(nodeConfigFields)) if (!check(value[name])) throw nodeConfigError(`node.json: ${name} is ${JSON.stringify(value[name])}`);
  if (value.revision !== undefined && !isWhole(0)(value.revision)) throw nodeConfigError('node.json: revision is not a number');
  return value as unknown as NodeConfig;
}

/** A pushed LiveConfig. Throws NODE_CONFIG. */
export function parseLiveConfig(value: unknown): LiveConfig {
  const fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  if (fields.formatVersion !== 1 || !isWhole(1)(fields.revision)) throw nodeConfigError('settings without formatVersion 1 and a revision');
  for (const [name, check] of Object.entries({ ...liveFields, usersAcl: isText })) {
    if (fields[name] !== undefined && !check(fields[name])) throw nodeConfigError(`settings: ${name} is ${JSON.stringify(fields[name])}`);
  }
  return fields as unknown as LiveConfig;
}

/** The texts of bus-key and, while a key is being rotated, bus-key-previous. Throws NODE_CONFIG. */
export function parseBusKeys(current: string | undefined, previous: string | undefined): BusKeys {
  const newest = current === undefined ? undefined : parseBusKey(current);
  if (newest === undefined) throw nodeConfigError('the file bus-key is missing or does not hold 64 hexadecimal digits');
  const older = previous === undefined || previous.trim() === '' ? undefined : parseBusKey(previous);
  return older === undefined ? [newest] : [newest, older];
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw nodeConfigError('node.json is not a JSON object');
}
