import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'meridian-kube-';

/** A temporary directory that holds everything of one run: files, logs, and the ids of the processes it started. */
export interface RunDirectory {
  readonly path: string;
  /** Remembers a process, so that it dies with the run even when the run is killed. */
  own(pid: number): void;
  /** A line of shell that undoes what lies outside the directory; run after the processes are dead, however the run ends. */
  undo(shellLine: string): void;
  /** Kills what still runs, undoes, and removes the directory. */
  end(): void;
}

export function createRunDirectory(): RunDirectory {
  sweepDeadRuns();
  const path = mkdtempSync(join(tmpdir(), prefix));
  writeFileSync(join(path, 'owner'), `${process.pid}`);
  writeFileSync(join(path, 'pids'), '');
  writeFileSync(join(path, 'undo'), '');
  const release = startReaper(path);
  return {
    path,
    own: (pid) => appendFileSync(join(path, 'pids'), `${pid}\n`),
    undo: (shellLine) => appendFileSync(join(path, 'undo'), `${shellLine}\n`),
    end: () => {
      spawnSync('sh', ['-c', endRun, 'meridian-end', path], { stdio: 'ignore' });
      release();
    },
  };
}

/**
 * Ends the run in $1. A pid that was used again is spared: its command line does not name the directory. What is undone
 * and removed may be busy for a moment after the kill, so it is tried a few times.
 */
const endRun = `
[ -d "$1" ] || exit 0
for pid in $(cat "$1/pids"); do tr '\\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$1" && kill -9 "$pid" 2>/dev/null; done
for try in 1 2 3 4 5 6 7 8 9 10; do
  sh -e "$1/undo" && rm -rf "$1" && exit 0
  sleep 0.2
done`;

/**
 * A shell waits on a pipe that only this process holds open. However this process ends, even by SIGKILL, the pipe closes
 * and the shell ends the run.
 */
function startReaper(path: string): () => void {
  const reaper = spawn('sh', ['-c', `cat >/dev/null${endRun}`, 'meridian-reaper', path], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  reaper.unref();
  (reaper.stdin as unknown as { unref(): void }).unref();
  return () => reaper.stdin?.end();
}

/** The second net, for a reaper that was killed together with its run. */
function sweepDeadRuns(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const path = join(tmpdir(), name);
    const owner = Number(readIfThere(join(path, 'owner')));
    if (!owner || existsSync(`/proc/${owner}`) || isAlive(owner)) continue;
    spawnSync('sh', ['-c', endRun, 'meridian-end', path], { stdio: 'ignore' });
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
