import type { Ports } from '../../shared/ports/ports.ts';
import type { NamespaceVerb } from '../../shared/namespaces/document.ts';
import type { Invalidation } from '../tenants/invalidation.ts';
import type { TenantClient } from '../tenants/admission.ts';
import type { Reached } from '../tenants/services.ts';
import type { ClusterView } from '../topology/view.ts';
import type { AnswerMemory } from './answer-memory.ts';
import type { NodeQuestions } from './node-questions.ts';
import type { RegionCommands } from './region-commands.ts';

/** Keys without a CacheNamespace's prefix; the name is always there. */
export const defaultNamespace = 'default';

export interface NamespaceFacts {
  readonly name: string;
  /** What stands before its keys in the store: `<name>:`, nothing for the default namespace. */
  readonly prefix: string;
  readonly maxValueBytes: number;
  /** SHA-256 (hex) of the token with which anybody may invalidate. */
  readonly webhookTokenSha256?: string;
  /** What goes when an invalidation names nothing; absent: all. */
  readonly invalidationPattern?: string;
}

export interface NamespaceLookup {
  find(name: string): NamespaceFacts | undefined;
  /** The CacheNamespace whose prefix the key has; undefined: it is of the default one. */
  ownerOf(key: Uint8Array): string | undefined;
}

/** Who asks, and what for they may. */
export interface ApiAccess {
  /** The user in whose name a request runs. Throws NO_AUTH, INVALID_TOKEN, EXPIRED_TOKEN. */
  userOf(authorization: string | undefined): string;
  /** For calls about a whole namespace; single keys are checked where the command runs. */
  mayUse(user: string, namespace: string, verb: NamespaceVerb): boolean;
  /** Single namespaces are all that the user has. */
  isBound(user: string): boolean;
  /** Answers may be kept by caches that serve everybody. */
  readonly isPublic: boolean;
}

/** What a namespace may take beyond what its commands count: connections, and answers that are longer than the replies they are made of. */
export interface ApiQuotas {
  /** The connection is one of the namespace's from now on. Throws QUOTA_RATE. */
  enter(client: TenantClient, namespace: string): void;
  /** Bytes beyond those of the commands' replies; fewer than none where the answer was packed. */
  sent(client: TenantClient, moreBytes: number): void;
}

/** What the calls of the API work on. */
export interface ApiNode {
  readonly ports: Ports;
  readonly cluster: string;
  readonly region: string;
  readonly regions: readonly string[];
  readonly view: () => ClusterView;
  readonly commands: RegionCommands;
  readonly questions: NodeQuestions;
  readonly namespaces: NamespaceLookup;
  /** On every shard of the region; never rejects. */
  readonly invalidate: (namespace: string, what: Invalidation) => Promise<Reached>;
  readonly access: ApiAccess;
  readonly quotas: ApiQuotas;
  readonly memory: AnswerMemory;
}
