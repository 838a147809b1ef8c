import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildBinaries, hasGo } from './build.ts';
import type { Report } from './build.ts';
import { cacheKey, moduleOf, wrapperModules } from './catalogue.ts';
import type { WrapperModule } from './catalogue.ts';
import { withLock } from './lock.ts';

/** Where built binaries are kept: MERIDIAN_CACHE_DIR, else the user's cache directory. One folder a version. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.MERIDIAN_CACHE_DIR ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'meridian'), 'kube');
}

/** Nothing has the binaries and nothing can make them. */
export class BinariesMissingError extends Error {
  override readonly name = 'BinariesMissingError';
}

const toStderr: Report = (line) => process.stderr.write(`kube: ${line}\n`);

/**
 * Paths of the binaries by name. Looked for in KUBEBUILDER_ASSETS, then in our cache; what is in neither is built by Go.
 * Two runs at once build once: the second waits for the first. Throws BinariesMissingError when there is no Go either.
 */
export async function ensureBinaries<Name extends string>(names: readonly Name[], report: Report = toStderr): Promise<Record<Name, string>> {
  const found = {} as Record<Name, string>;
  for (const module of wrapperModules) {
    const wanted = names.filter((name) => moduleOf(name) === module);
    const missing = (): Name[] => wanted.filter((name) => (found[name] = locate(module, name) ?? '') === '');
    if (missing().length === 0) continue;
    if (!hasGo()) throw new BinariesMissingError(threeWays(missing()));
    const dir = join(cacheRoot(), cacheKey(module));
    mkdirSync(dir, { recursive: true });
    const onWait = (pid: number): void => report(`process ${pid} is building ${module.folder} ${module.version}; waiting for it`);
    await withLock(join(dir, '.lock'), () => buildMissing(module, missing, dir, report), onWait);
    missing();
  }
  return found;
}

/** Inside the lock it is looked again: another run may have built them meanwhile. */
async function buildMissing(module: WrapperModule, missing: () => readonly string[], dir: string, report: Report): Promise<void> {
  const names = missing();
  if (names.length > 0) await buildBinaries(module, names, dir, report);
}

function locate(module: WrapperModule, name: string): string | undefined {
  const assets = process.env.KUBEBUILDER_ASSETS;
  const places = [...(assets ? [join(assets, name)] : []), join(cacheRoot(), cacheKey(module), name)];
  return places.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const threeWays = (names: readonly string[]): string =>
  `${names.join(', ')} cannot be had: set KUBEBUILDER_ASSETS to a directory that has them, or put them into ${join(cacheRoot(), cacheKey(moduleOf(names[0])))}, or install Go 1.26 or newer and they are built (docs/developing.md).`;
