import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { appDir, compileCacheDir, environment, imageUser, launcherPath } from './contents.ts';

/** What the two programs in pods import. The Dockerfile fills its cache with the same lines. */
export const warmUp = `await import('${appDir}/operator/main.ts'); await import('${appDir}/node/main.ts'); process.exit(0)`;

/**
 * Runs the staged image as a container would, with its own root, and so proves that no library or source is missing from it. What is
 * compiled on the way stays in the image's cache: it spares every pod's start the type stripping and the parsing.
 */
export function fillCompileCache(root: string): void {
  const enter = enterRoot(root);
  const run = (args: readonly string[]): void => {
    const [program, ...rest] = [...enter, ...args];
    const done = spawnSync(program, rest, { cwd: root, env: { ...environment }, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`the image does not run (${args.slice(0, 3).join(' ')}): ${done.stderr || done.error?.message}`);
  };
  run([launcherPath, '--version']);
  run(['/usr/local/bin/node', '--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', warmUp]);
  keepFor(join(root, compileCacheDir));
}

/** Root may change the root directory; anybody else may in a user namespace of their own. */
function enterRoot(root: string): readonly string[] {
  const chroot = [process.getuid?.() === 0 ? [] : ['unshare', '--map-root-user'], ['/usr/sbin/chroot', root]].flat();
  const [program, ...args] = [...chroot, '/usr/local/bin/node', '--version'];
  const done = spawnSync(program, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`an image's root cannot be entered here: ${done.stderr.trim() || done.error?.message}; run npm run image as root, or use the Dockerfile`);
  return chroot;
}

/** Node keeps a cache for each user, in a folder that ends with the user's id. */
function keepFor(cache: string): void {
  if (!existsSync(cache)) throw new Error('Node wrote no compile cache');
  for (const name of readdirSync(cache)) renameSync(join(cache, name), join(cache, name.replace(/-\d+$/, `-${imageUser}`)));
}
