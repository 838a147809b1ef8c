import { dirname } from 'node:path';
import { isFolder, watchFolder } from '../../shared/io/files.ts';
import type { Timers } from '../../shared/ports/ports.ts';

const settleMs = 80;

/** Calls `changed` once after the files or folders were quiet for a moment: editors and Git write in several steps. Returns how to stop. */
export function watchManifests(paths: readonly string[], timers: Timers, changed: () => void): () => void {
  let waiting: ReturnType<Timers['after']> | undefined;
  const folders = new Set(paths.map((path) => (isFolder(path) ? path : dirname(path))));
  const stops = [...folders].map((folder) =>
    watchFolder(folder, () => {
      timers.cancel(waiting);
      waiting = timers.after(settleMs, changed);
    }),
  );
  return () => {
    timers.cancel(waiting);
    for (const stop of stops) stop();
  };
}
