import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureBinaries } from '../kube/ensure.ts';
import { fillCompileCache } from './compile-cache.ts';
import { appDir, environment, imageUser, launcherPath, launcherSource, pluginPath, repositoryRoot } from './contents.ts';
import { writeImage } from './oci.ts';
import { nodeWithLibraries, systemFiles } from './runtime-files.ts';
import { entriesBelow, fileEntry, stageRoot } from './stage.ts';
import type { Entry } from './tar.ts';

/** Writes the product's image to `file`. Layers from what changes least to what changes most. */
export function buildProductImage(file: string, name: string): void {
  whole(file, (target) => {
    const root = mkdtempSync(join(tmpdir(), 'meridian-image-'));
    try {
      const programs: readonly Entry[] = [{ kind: 'file', path: launcherPath, bytes: readFileSync(join(repositoryRoot, launcherSource)), executable: true }, { kind: 'link', path: pluginPath, target: 'meridian' }];
      const system = [...systemFiles, ...nodeWithLibraries(), ...programs];
      stageRoot(root, system);
      fillCompileCache(root);
      const entries = entriesBelow(join(root, appDir), appDir);
      const isPackage = ({ path }: Entry): boolean => path.startsWith(`${appDir}/node_modules`);
      const layers = [system, entries.filter(isPackage), entries.filter((entry) => !isPackage(entry))];
      writeImage(target, { name, entrypoint: [launcherPath], env: environment, user: imageUser, workingDir: appDir }, layers);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
}

export async function buildPauseImage(file: string, name: string): Promise<void> {
  const { pause } = await ensureBinaries(['pause']);
  whole(file, (target) => writeImage(target, { name, entrypoint: ['/pause'], user: 65535 }, [[fileEntry(pause, '/pause')]]));
}

/** A reader never sees half a file. */
function whole(file: string, write: (target: string) => void): void {
  mkdirSync(dirname(file), { recursive: true });
  const target = `${file}.${process.pid}`;
  write(target);
  renameSync(target, file);
}
