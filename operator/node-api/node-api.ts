import type { LiveConfig, NodeStatus, SnapshotStatus } from '../../shared/admin/contract.ts';
import type { NamespacesDocument, NodeNamespaces } from '../../shared/namespaces/document.ts';

/** A node as the operator addresses it. */
export interface NodeTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  /** The pod's IP; the admin port is the implementation's to know. */
  readonly host: string;
  readonly clusterUid: string;
  /** Key of the mutual handshake, 64 hex digits. */
  readonly busKey: string;
}

/** What the operator asks of running nodes, over their authenticated admin port. */
export interface NodeApi {
  /** Rejects when the node cannot be reached in time, or is not the pod and cluster that it is taken for. */
  status(target: NodeTarget): Promise<NodeStatus>;
  /** Has the node hand its shard over, to that pod or to any copy in sync; false when it kept it. Rejects as `status` does. */
  switchover(target: NodeTarget, to?: string): Promise<boolean>;
  /** Gives the node settings that take effect at once and spread in its region; answers the revision in force. Rejects as `status` does. */
  applyConfig(target: NodeTarget, config: LiveConfig): Promise<number>;
  /** Has the primary refuse writes and keep a snapshot of its shard, or take writes again; answers how far it is. Rejects as `status` does. */
  hibernate(target: NodeTarget, on: boolean): Promise<SnapshotStatus | undefined>;
  /** Has the node read the targets of its region again; answers their generation, undefined when there are none. Rejects as `status` does. */
  targetsChanged(target: NodeTarget): Promise<number | undefined>;
  /** Gives the node its cluster's namespaces; answers the revision in force, which is a higher one where the node has seen that. Rejects as `status` does. */
  applyNamespaces(target: NodeTarget, document: NamespacesDocument): Promise<number>;
  /** What the node has in force and has counted. Rejects as `status` does. */
  namespaceFigures(target: NodeTarget): Promise<NodeNamespaces>;
}
