import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { compileCacheDir, appDir, environment, imageUser, isLeftOut, isPackageBallast, productFiles, productionPackages, repositoryRoot } from './contents.ts';
import type { Entry } from './tar.ts';

/** Copies what the image's `appDir` will hold to `<dir>/app`, and runs it there: a file missing from the list shows here, not in a pod. */
export function stageApp(dir: string, nodeBinary: string): string {
  const app = join(dir, appDir);
  mkdirSync(app, { recursive: true });
  for (const path of productFiles) if (existsSync(join(repositoryRoot, path))) copy(path, app, isLeftOut);
  for (const path of productionPackages()) if (existsSync(join(repositoryRoot, path))) copy(path, app, (source) => isPackageBallast(source) || source.endsWith('/node_modules'));
  fillCompileCache(app, nodeBinary);
  return app;
}

function copy(path: string, app: string, leaveOut: (source: string) => boolean): void {
  const target = join(app, path);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(repositoryRoot, path), target, { recursive: true, filter: (source) => source === join(repositoryRoot, path) || !leaveOut(source) });
}

/** The entry points whose imports are what the two programs in pods run. */
const warmed = ['cli/main.ts', 'cli/operator.ts', 'cli/node.ts'];

/** Importing compiles; the cache then spares every pod's start the type stripping and the parsing. */
function fillCompileCache(app: string, nodeBinary: string): void {
  const cache = join(app, relative(appDir, compileCacheDir));
  const env = { PATH: process.env.PATH, ...environment, NODE_COMPILE_CACHE: cache };
  const run = (args: readonly string[]): void => {
    const done = spawnSync(nodeBinary, ['--disable-warning=ExperimentalWarning', ...args], { cwd: app, env, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`the staged program does not run (${args.join(' ')}): ${done.stderr}`);
  };
  run([join(app, 'cli/main.ts'), '--version']);
  for (const entry of warmed.filter((path) => path !== 'cli/main.ts' && existsSync(join(app, path)))) run(['--input-type=module', '--eval', `await import(${JSON.stringify(join(app, entry))}); process.exit(0)`]);
  // Node keeps a cache for each user, named by the user's id at its end.
  for (const name of readdirSync(cache)) renameSync(join(cache, name), join(cache, name.replace(/-\d+$/, `-${imageUser}`)));
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
