import type { LeaseConfig } from '../../shared/kube/documents.ts';
import { annotations } from '../../shared/kube/names.ts';
import type { ShardConfig } from '../replication/config.ts';

/** A shard's Lease as the API server gives it; what Meridian does not know stays as it is when it is written back. */
export interface LeaseObject {
  readonly metadata: { readonly name: string; readonly uid?: string; readonly resourceVersion?: string; readonly annotations?: Readonly<Record<string, string>>; readonly [field: string]: unknown };
  readonly spec?: { readonly holderIdentity?: string; readonly leaseTransitions?: number; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** What a read of the Lease showed. `nonsense`: somebody edited it by hand; nothing may be served from it. */
export type LeaseSight =
  | { readonly kind: 'missing' }
  | { readonly kind: 'nonsense'; readonly reason: string; readonly resourceVersion: string; readonly leaseUid: string }
  /** Nobody in it: the shard has no data yet (after an adoption at an epoch > 0). No primary but copies in sync: fenced by the operator. */
  | { readonly kind: 'config'; readonly config: ShardConfig };

/** `shardPrefix`: what names of the shard's pods begin with (`<cluster>-<region>-s<n>-`). */
export function readLease(object: LeaseObject | undefined, shardPrefix: string): LeaseSight {
  if (object === undefined) return { kind: 'missing' };
  try {
    return { kind: 'config', config: toConfig(object, shardPrefix) };
  } catch (error) {
    return { kind: 'nonsense', reason: error instanceof Error ? error.message : String(error), resourceVersion: object.metadata.resourceVersion ?? '', leaseUid: object.metadata.uid ?? '' };
  }
}

/** The object to PUT for a configuration. */
export function writeLease(object: LeaseObject, config: ShardConfig): LeaseObject {
  const annotation: LeaseConfig = {
    formatVersion: 1,
    isr: [...config.isr],
    incarnations: { ...config.incarnations },
    podUids: { ...config.podUids },
    revision: config.revision,
    ...(config.witness === undefined ? {} : { witness: config.witness }),
    ...(config.sealed === undefined ? {} : { sealed: config.sealed }),
    ...(config.unopened === undefined ? {} : { unopened: config.unopened }),
    nonce: config.nonce,
  };
  const { holderIdentity: _before, ...spec } = object.spec ?? {};
  return {
    ...object,
    metadata: { ...object.metadata, resourceVersion: config.resourceVersion, annotations: { ...object.metadata.annotations, [annotations.config]: JSON.stringify(annotation) } },
    spec: { ...spec, leaseTransitions: config.epoch, ...(config.primary === undefined ? {} : { holderIdentity: config.primary }) },
  };
}

function toConfig(object: LeaseObject, shardPrefix: string): ShardConfig {
  const { metadata, spec = {} } = object;
  const epoch = spec.leaseTransitions ?? 0;
  require(Number.isSafeInteger(epoch) && epoch >= 0, `leaseTransitions ${String(epoch)} is not an epoch`);
  const text = metadata.annotations?.[annotations.config];
  require(text !== undefined || epoch === 0, `annotation ${annotations.config} is missing`);
  const document: LeaseConfig = text === undefined ? { formatVersion: 1, isr: [], incarnations: {}, nonce: '' } : parseAnnotation(text);
  const primary = spec.holderIdentity === undefined || spec.holderIdentity === '' ? undefined : spec.holderIdentity;
  checkMembers(document, primary, epoch, shardPrefix);
  return {
    resourceVersion: metadata.resourceVersion ?? '',
    leaseUid: metadata.uid ?? '',
    epoch,
    revision: document.revision ?? 0,
    primary,
    isr: document.isr,
    incarnations: document.incarnations,
    podUids: document.podUids ?? {},
    witness: document.witness,
    ...(document.sealed === undefined ? {} : { sealed: document.sealed }),
    ...(document.unopened === undefined ? {} : { unopened: document.unopened }),
    nonce: document.nonce,
  };
}

function checkMembers(document: LeaseConfig, primary: string | undefined, epoch: number, shardPrefix: string): void {
  const { isr, incarnations } = document;
  require(new Set(isr).size === isr.length, 'a member is in sync twice');
  for (const member of isr) {
    require(member.startsWith(shardPrefix) && /^\d+$/.test(member.slice(shardPrefix.length)), `"${member}" is no pod of this shard`);
    require(/^[0-9a-f]{32}$/.test(incarnations[member] ?? ''), `"${member}" is in sync without an incarnation`);
  }
  if (primary === undefined) return;
  require(epoch > 0, 'a primary in epoch 0');
  require(isr.includes(primary), `the primary "${primary}" is not in sync`);
}

function parseAnnotation(text: string): LeaseConfig {
  let value: Partial<Record<keyof LeaseConfig, unknown>>;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    throw new Error(`annotation ${annotations.config} is not JSON`);
  }
  require(isRecord(value), `annotation ${annotations.config} is not an object`);
  require(value.formatVersion === 1, `annotation ${annotations.config} has format ${String(value.formatVersion)}`);
  require(Array.isArray(value.isr) && value.isr.every((member) => typeof member === 'string'), 'isr is not a list of pods');
  require(isTexts(value.incarnations), 'incarnations is not a map of texts');
  require(value.podUids === undefined || isTexts(value.podUids), 'podUids is not a map of texts');
  require(value.revision === undefined || Number.isSafeInteger(value.revision), 'revision is not a number');
  require(value.witness === undefined || typeof value.witness === 'string', 'witness is not a text');
  require(value.sealed === undefined || typeof value.sealed === 'string', 'sealed is not a text');
  require(value.unopened === undefined || value.unopened === 'members' || value.unopened === 'witness', 'unopened is not a word of ours');
  require(typeof value.nonce === 'string', 'nonce is missing');
  return value as LeaseConfig;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): boolean => isRecord(value) && Object.values(value).every((one) => typeof one === 'string');

function require(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}
