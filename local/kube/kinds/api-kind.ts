import type { ResourceType } from '../../../operator/kube/port.ts';
import type { CustomResource, PrinterColumn, ScaleSubresource } from '../../../shared/resources/registry.ts';
import type { MergeSchema } from '../apply/merge-schema.ts';

/** What the in-process API server knows of one kind. */
export interface ApiKind extends ResourceType {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Has a status subresource: ordinary writes leave the status alone, status writes everything else. */
  readonly hasStatus: boolean;
  /** metadata.generation counts the changes of what the user wants. */
  readonly hasGeneration: boolean;
  /** A PUT without resourceVersion is refused (422), as for Leases and custom resources. */
  readonly needsVersionToReplace: boolean;
  readonly scale?: ScaleSubresource;
  readonly merge: MergeSchema;
  readonly columns: readonly PrinterColumn[];
  readonly custom?: CustomResource;
}

/** `leases.coordination.k8s.io`, `pods`: how the API server's sentences name a resource. */
export const groupResource = (kind: ResourceType): string => (kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`);
/** `Lease.coordination.k8s.io`, `Pod`. */
export const groupKind = (kind: ResourceType): string => (kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`);
export const apiVersionOf = (kind: ResourceType): string => (kind.group === '' ? kind.version : `${kind.group}/${kind.version}`);
