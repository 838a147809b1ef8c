import { join } from 'node:path';
import { fileExists, listFolder, makeFolder, removeTree, writeFileAtomically } from '../../../shared/io/files.ts';
import type { KubeObject } from '../../../operator/kube/port.ts';
import type { ContainerInputs, Mount } from '../pods/pod-runtime.ts';

const logName = 'log';

/** Folders of one pod below the data folder; claims lie beside it and outlive it. */
export function createPodFolders(dataFolder: string, namespace: string, pod: string) {
  const root = join(dataFolder, namespace, 'pods', pod);
  const written = new Map<string, string>();
  makeFolder(root);

  const folderOf = (mount: Mount): string => {
    if (mount.kind === 'claim') return claimFolder(dataFolder, namespace, mount.claim);
    return join(root, mount.kind === 'scratch' ? 'scratch' : 'mounts', mount.mountPath.replaceAll('/', '_'));
  };
  const writeFiles = (folder: string, files: ReadonlyMap<string, Uint8Array>): void => {
    makeFolder(folder);
    for (const [name, bytes] of files) {
      const path = join(folder, name.replaceAll('/', '_'));
      const text = Buffer.from(bytes).toString();
      if (written.get(path) === text) continue;
      writeFileAtomically(path, text);
      written.set(path, text);
    }
    for (const name of listFolder(folder)) if (!files.has(name) && !name.startsWith('.')) removeTree(join(folder, name));
  };

  return {
    root,
    logFile: join(root, logName),
    seedsFile: join(root, 'seeds'),
    folderOf,
    /** Brings files up to date; what has not changed is not written. */
    write({ mounts }: ContainerInputs, seeds: readonly string[]): void {
      for (const mount of mounts) {
        if (mount.kind === 'files') writeFiles(folderOf(mount), mount.files);
        else makeFolder(folderOf(mount));
      }
      const text = seeds.map((seed) => `${seed}\n`).join('');
      if (written.get('seeds') === text) return;
      writeFileAtomically(join(root, 'seeds'), text);
      written.set('seeds', text);
    },
    remove: (): void => {
      if (fileExists(root)) removeTree(root);
    },
  };
}

export const logFileOf = (dataFolder: string, { metadata }: KubeObject): string => join(dataFolder, metadata.namespace ?? '', 'pods', metadata.name, logName);
export const claimFolder = (dataFolder: string, namespace: string, claim: string): string => join(dataFolder, namespace, 'claims', claim);
export type PodFolders = ReturnType<typeof createPodFolders>;
