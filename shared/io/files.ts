import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Thin access to the disk for product code; nothing here decides anything. */
export const fileExists = (path: string): boolean => existsSync(path);
export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
/** Undefined when there is no such file. */
export function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
export const listFolder = (path: string): readonly string[] => readdirSync(path).toSorted();
export const makeFolder = (path: string): void => void mkdirSync(path, { recursive: true });
export const makeTemporaryFolder = (prefix: string): string => mkdtempSync(join(tmpdir(), prefix));
export const removeTree = (path: string): void => rmSync(path, { recursive: true, force: true });

/** Readers see the old file or the new one, never half of one. */
export function writeFileAtomically(path: string, text: string, mode = 0o600): void {
  const partial = join(dirname(path), `.${basename(path)}.partial`);
  writeFileSync(partial, text, { mode });
  renameSync(partial, path);
}

/**
 * Calls `changed` after anything in a folder changed (several calls for one save are usual), with the name of what did where the system says it. Editors replace files by renaming, so
 * folders are watched, never the files themselves. Returns how to stop.
 */
export function watchFolder(path: string, changed: (name: string | null) => void): () => void {
  const watcher = watch(path, { persistent: false }, (_, name) => changed(name));
  watcher.on('error', () => changed(null));
  return () => watcher.close();
}
