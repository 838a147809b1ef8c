import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 500;
/** Between the directory and its `owner` file lies a moment; a directory without an owner for longer is left over. */
const ownerlessMs = 5_000;

/** Runs `work` while this process alone holds the directory `path`. One whose owner has died is taken over; `onWait` is called once when it must wait. */
export async function withLock<T>(path: string, work: () => Promise<T>, onWait: (ownerPid: number) => void = () => {}): Promise<T> {
  let told = false;
  while (!take(path)) {
    const owner = ownerOf(path);
    if (isLeftOver(path, owner)) {
      rmSync(path, { recursive: true, force: true });
      continue;
    }
    if (!told && owner !== undefined) {
      told = true;
      onWait(owner);
    }
    await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function take(path: string): boolean {
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(join(path, 'owner'), `${process.pid}`);
  return true;
}

function ownerOf(path: string): number | undefined {
  try {
    return Number(readFileSync(join(path, 'owner'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isLeftOver(path: string, owner: number | undefined): boolean {
  if (owner === undefined) return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > ownerlessMs;
  try {
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
