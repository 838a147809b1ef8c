import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'meridian-kube-';

/** A temporary directory that holds everything of one run: files, logs, and the ids of the processes it started. */
export interface RunDirectory {
  readonly path: string;
  /** Remembers a process, so that it dies with the run even when the run is killed. */
  own(pid: number): void;
  /** Kills what still runs and removes the directory. */
  end(): void;
}

export function createRunDirectory(): RunDirectory {
  sweepDeadRuns();
  const path = mkdtempSync(join(tmpdir(), prefix));
  writeFileSync(join(path, 'owner'), `${process.pid}`);
  const pids = join(path, 'pids');
  writeFileSync(pids, '');
  const release = startReaper(path, pids);
  return {
    path,
    own: (pid) => appendFileSync(pids, `${pid}\n`),
    end: () => {
      killOwned(path);
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
      release();
    },
  };
}

/**
 * A shell waits on a pipe that only this process holds open. However this process ends, even by SIGKILL, the pipe
 * closes and the shell kills what was started. A pid that was used again is spared: its command line does not name the directory.
 */
function startReaper(path: string, pids: string): () => void {
  const script = `cat >/dev/null; [ -d "$1" ] || exit 0; for pid in $(cat "$2"); do if tr '\\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$1"; then kill -9 "$pid" 2>/dev/null; fi; done; rm -rf "$1"`;
  const reaper = spawn('sh', ['-c', script, 'meridian-reaper', path, pids], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
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
    killOwned(path);
    rmSync(path, { recursive: true, force: true });
  }
}

/** Spares a pid that was used again, as the reaper does. */
function killOwned(path: string): void {
  for (const line of readIfThere(join(path, 'pids')).split('\n')) if (line && readIfThere(`/proc/${line}/cmdline`).includes(path)) kill(Number(line));
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

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the look and the signal.
  }
}
