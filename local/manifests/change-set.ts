/**
 * What saving files asks for. Each manifest is known by kind, namespace and name; only those whose text changed are applied again, so what kubectl
 * changed in the meantime stays until the file says something new. What left the files is deleted.
 */
export interface FileManifest {
  /** Identity: `Kind/namespace/name`. */
  readonly id: string;
  /** The object as the file has it. */
  readonly object: Readonly<Record<string, unknown>>;
  readonly file: string;
  readonly line: number;
}

export interface ChangeSet {
  readonly apply: readonly FileManifest[];
  readonly remove: readonly FileManifest[];
}

const contentOf = (manifest: FileManifest): string => JSON.stringify(manifest.object);

/** Whether the files said just this already. */
export const saidBefore = (before: readonly FileManifest[], manifest: FileManifest): boolean => before.some((one) => one.id === manifest.id && contentOf(one) === contentOf(manifest));

export function changesBetween(before: readonly FileManifest[], after: readonly FileManifest[]): ChangeSet {
  const kept = new Set(after.map((manifest) => manifest.id));
  return {
    apply: after.filter((manifest) => !saidBefore(before, manifest)),
    remove: before.filter((manifest) => !kept.has(manifest.id)),
  };
}

/** The first manifest that names an object a second time, with the place of the first. */
export function duplicateIn(manifests: readonly FileManifest[]): { readonly first: FileManifest; readonly second: FileManifest } | undefined {
  const seen = new Map<string, FileManifest>();
  for (const second of manifests) {
    const first = seen.get(second.id);
    if (first !== undefined) return { first, second };
    seen.set(second.id, second);
  }
  return undefined;
}
