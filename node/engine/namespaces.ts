/** Finds the namespace of a key by its prefix `<name>:`. */
export interface NamespaceResolver {
  /** 0 … 4095; 0 is the cluster's default namespace. */
  idOf(bytes: Uint8Array, start: number, length: number): number;
}
