import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './contents.ts';
import { fileEntry } from './stage.ts';
import type { Entry } from './tar.ts';

/** The locked Node where a package ships one for this platform, else the running one. */
function nodeBinaryPath(): string {
  const packaged = join(repositoryRoot, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  return existsSync(packaged) ? packaged : process.execPath;
}

/** Node with the shared libraries that it needs, taken from the running system at the paths where the loader looks for them. */
export function nodeWithLibraries(): readonly Entry[] {
  const binary = nodeBinaryPath();
  const listed = spawnSync('ldd', [binary], { encoding: 'utf8' });
  if (listed.status !== 0) throw new Error(`ldd ${binary} failed: ${listed.stderr}; the image is built on Linux with glibc`);
  const libraries = listed.stdout.split('\n').map((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1]).filter((path) => path !== undefined);
  return [fileEntry(binary, '/usr/local/bin/node'), ...libraries.map((path) => fileEntry(path, path))];
}

/** Names for the two users that occur, a place for temporary files, and no more. */
export const systemFiles: readonly Entry[] = [
  { kind: 'directory', path: '/tmp' },
  { kind: 'file', path: '/etc/passwd', bytes: Buffer.from('root:x:0:0::/:/nologin\nmeridian:x:10001:10001::/tmp:/nologin\n'), executable: false },
  { kind: 'file', path: '/etc/group', bytes: Buffer.from('root:x:0:\nmeridian:x:10001:\n'), executable: false },
];
