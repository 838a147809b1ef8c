import { dirname, resolve } from 'node:path';
import { isFolder, watchFolder } from '../../shared/io/files.ts';
import type { Timers } from '../../shared/ports/ports.ts';
import { manifestName } from './load.ts';

const settleMs = 80;

/** Calls `changed` once after the files or folders were quiet for a moment: editors and Git write in several steps. Returns how to stop. */
export function watchManifests(paths: readonly string[], timers: Timers, changed: () => void): () => void {
  let waiting: ReturnType<Timers['after']> | undefined;
  const folders = new Set(paths.map((path) => (isFolder(path) ? path : dirname(path))));
  // A log beside the manifests, into which a fault is printed, must not be the reason to read them again.
  const concerns = (folder: string, name: string): boolean => paths.some((path) => (isFolder(path) ? path === folder && manifestName.test(name) : resolve(path) === resolve(folder, name)));
  const stops = [...folders].map((folder) =>
    watchFolder(folder, (name) => {
      if (name !== null && !concerns(folder, name)) return;
      timers.cancel(waiting);
      waiting = timers.after(settleMs, changed);
    }),
  );
  return () => {
    timers.cancel(waiting);
    for (const stop of stops) stop();
  };
}
