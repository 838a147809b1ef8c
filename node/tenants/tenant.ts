import type { NamespaceSettings } from '../../shared/namespaces/document.ts';
import type { Lifetimes } from './lifetimes.ts';
import { TokenBucket } from './token-bucket.ts';

/** This node's part of a namespace's quotas; Infinity: no limit. */
export interface QuotaParts {
  readonly operations: number;
  readonly egressBytes: number;
  readonly memoryBytes: number;
  readonly keys: number;
  readonly connections: number;
}

const noQuota: QuotaParts = { operations: Infinity, egressBytes: Infinity, memoryBytes: Infinity, keys: Infinity, connections: Infinity };

/** Wire name of the cluster's own namespace: keys without the prefix of another. */
export const defaultName = 'default';

/** A namespace as one node has it. */
export class Tenant {
  readonly name: string;
  /** Of its CacheNamespace; '' for the default namespace and for one that is known by name only. */
  uid: string;
  /** What stands before the colon in its keys; nothing for the default namespace. */
  readonly nameBytes: Uint8Array;
  /** Bytes in front of its keys' own names. */
  readonly prefixLength: number;
  /** Keys with its prefix are its own. */
  inForce = false;
  /** Absent: the cluster's defaults, no limits. */
  settings: NamespaceSettings | undefined;
  /** Id of its entries in the store; another one after each flush. */
  id: number;
  lifetimes: Lifetimes = { defaultMs: 0, maxMs: 0, jitterPercent: 0 };
  /** This node's part of the quotas. */
  readonly operations = new TokenBucket();
  readonly egress = new TokenBucket();
  parts: QuotaParts = noQuota;
  /** There is a limit of operations or egress, or the namespace is not in force any more: requests are to be looked at. */
  metered = false;
  connections = 0;
  /** Refused for want of a connection since the parts were made. */
  connectionsRefused = 0;
  // --- counted since the node started
  requests = 0;
  egressBytes = 0;
  /** Requests refused for a quota. */
  throttled = 0;
  /** Operations and, about, bytes that were refused. */
  refusedOperations = 0;
  refusedEgressBytes = 0;
  /** What was last said to who was refused: most are told the same. */
  refusal = { quota: '', retryMs: 0, line: '' };
  /** Its keys under other ids were flushed while they were being given this namespace's. */
  flushedUnsettled = false;

  constructor(name: string, uid: string, id: number, prefixed = true) {
    this.name = name;
    this.uid = uid;
    this.id = id;
    this.nameBytes = Buffer.from(prefixed ? name : '');
    this.prefixLength = prefixed ? this.nameBytes.length + 1 : 0;
  }
}
