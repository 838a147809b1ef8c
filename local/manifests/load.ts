import { join } from 'node:path';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { fileExists, isFolder, listFolder, readTextFile } from '../../shared/io/files.ts';
import { manifestFaults, readManifests } from '../../shared/resources/manifests.ts';
import { duplicateIn, type FileManifest } from './change-set.ts';

/** What the files say, or every sentence about what is wrong with them (`file:line: …`); never both. */
export type Loaded = { readonly ok: true; readonly manifests: readonly FileManifest[] } | { readonly ok: false; readonly faults: readonly string[] };

export const manifestName = /\.(?:ya?ml|json)$/;

/** The manifest files that the given files and folders stand for. A named file that does not exist is a fault; one that vanishes while watched is just gone. */
function filesBelow(paths: readonly string[], watching: boolean): readonly string[] {
  return paths.flatMap((path) => {
    if (isFolder(path)) return listFolder(path).filter((name) => manifestName.test(name)).map((name) => join(path, name));
    if (!watching && !fileExists(path)) throw new MeridianError('USAGE', { detail: `there is no file or folder "${path}"` });
    return [path];
  });
}

export function loadManifests(paths: readonly string[], more: { readonly watching: boolean; readonly stored?: (manifest: FileManifest) => Record<string, unknown> | undefined }): Loaded {
  const manifests: FileManifest[] = [];
  const faults: string[] = [];
  for (const file of filesBelow(paths, more.watching)) {
    const text = readTextFile(file);
    if (text === undefined) continue;
    // An editor may empty a file on its way to the new text: that must not take clusters away.
    if (more.watching && text.trim() === '') {
      faults.push(`${file}:1: the file is empty; delete the file to delete what it named`);
      continue;
    }
    try {
      for (const manifest of readManifests(file, text)) {
        const metadata = (manifest.object.metadata ?? {}) as { name?: string; namespace?: string };
        const namespace = metadata.namespace ?? 'default';
        const object = { ...manifest.object, metadata: { ...metadata, namespace } };
        const known: FileManifest = { id: `${String(manifest.object.kind)}/${namespace}/${String(metadata.name)}`, object, file, line: manifest.line };
        faults.push(...manifestFaults(manifest, more.stored?.(known)).map((fault) => fault.sentence));
        manifests.push(known);
      }
    } catch (error) {
      if (!(error instanceof MeridianError)) throw error;
      faults.push(error.message);
    }
  }
  const twice = duplicateIn(manifests);
  if (twice !== undefined) faults.push(`${twice.second.file}:${twice.second.line}: ${twice.second.id} is already in ${twice.first.file}:${twice.first.line}; delete one of them`);
  return faults.length > 0 ? { ok: false, faults } : { ok: true, manifests };
}
