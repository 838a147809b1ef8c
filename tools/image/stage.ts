import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { appDir, isLeftOut, isPackageBallast, productFiles, productionPackages, repositoryRoot } from './contents.ts';
import type { Entry } from './tar.ts';

/** Writes the image's root directory to `dir`: the given system files, and the product with its packages below `appDir`. */
export function stageRoot(dir: string, system: readonly Entry[]): void {
  for (const entry of system) place(dir, entry);
  for (const path of productFiles) if (existsSync(join(repositoryRoot, path))) copy(path, join(dir, appDir), isLeftOut);
  for (const path of productionPackages()) if (existsSync(join(repositoryRoot, path))) copy(path, join(dir, appDir), (source) => isPackageBallast(source) || source.endsWith('/node_modules'));
}

function place(dir: string, entry: Entry): void {
  const target = join(dir, entry.path);
  mkdirSync(entry.kind === 'directory' ? target : dirname(target), { recursive: true });
  if (entry.kind === 'file') writeFileSync(target, entry.bytes, { mode: entry.executable ? 0o755 : 0o644 });
  if (entry.kind === 'link') symlinkSync(entry.target, target);
}

function copy(path: string, app: string, leaveOut: (source: string) => boolean): void {
  const [source, target] = [join(repositoryRoot, path), join(app, path)];
  mkdirSync(dirname(target), { recursive: true });
  cpSync(source, target, { recursive: true, filter: (item) => item === source || !leaveOut(item) });
}

/** All files below `dir` as entries below `at`, sorted. */
export function entriesBelow(dir: string, at: string): Entry[] {
  return readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1)).flatMap((item): Entry[] => {
    const [source, path] = [join(dir, item.name), `${at}/${item.name}`];
    if (item.isDirectory()) return [{ kind: 'directory', path }, ...entriesBelow(source, path)];
    return item.isFile() ? [fileEntry(source, path)] : [];
  });
}

export const fileEntry = (source: string, path: string): Entry => ({ kind: 'file', path, bytes: readFileSync(source), executable: (statSync(source).mode & 0o111) !== 0 });
