import type { KubeObject } from '../../../operator/kube/port.ts';
import type { Ports } from '../../../shared/ports/ports.ts';
import type { admit } from '../../../shared/resources/admission.ts';
import type { Catalogue } from '../kinds/catalogue.ts';
import type { Store } from '../storage/store.ts';

export interface ApiContext {
  readonly ports: Ports;
  readonly store: Store;
  readonly catalogue: Catalogue;
  /** Defaults and rules of custom resources. */
  readonly admit: typeof admit;
  /** What a pod's container has written; undefined where nobody keeps it. */
  readonly podLog?: (pod: KubeObject) => string | undefined;
  /** 'made-on-use': a namespace that something is created in appears by itself; 'must-exist': 404, as on a real server. */
  readonly namespaces: 'made-on-use' | 'must-exist';
}

/** How a write is meant; the HTTP front has the same words as query parameters. */
export interface WriteRequest {
  readonly dryRun?: boolean;
  readonly manager?: string;
  readonly subresource?: 'status' | 'scale';
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** A PUT: another UID is a conflict; in patches it is a change of what cannot change. */
  readonly isPut?: boolean;
  /** A sentence for the Warning header. */
  readonly warn?: (sentence: string) => void;
}

/** RFC 3339 with whole seconds, as metadata has it. */
export const timestamp = (wallMs: number): string => `${new Date(wallMs).toISOString().slice(0, 19)}Z`;

export const standardManager = 'unknown';

/** Version 4, from the random port. */
export function newUid({ ports }: Pick<ApiContext, 'ports'>): string {
  const bytes = Buffer.from(ports.random.bytes(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** No vowels, nothing that reads like something else. */
const nameLetters = 'bcdfghjklmnpqrstvwxz2456789';

export function nameSuffix({ ports }: Pick<ApiContext, 'ports'>): string {
  return Array.from(ports.random.bytes(5), (byte) => nameLetters[byte % nameLetters.length]).join('');
}

export const cloneObject = (object: KubeObject): KubeObject => structuredClone(object);
