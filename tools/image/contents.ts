import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const repositoryRoot = join(import.meta.dirname, '..', '..');

/**
 * What of this repository goes into the image: the one list, for the image that is written here and for the Dockerfile
 * (a test compares them). Paths are relative to the repository and to `appDir` in the image.
 */
export const productFiles: readonly string[] = ['LICENSE', 'charts', 'cli', 'crds', 'examples', 'local', 'node', 'operator', 'package.json', 'shared'];

export const appDir = '/app';
export const compileCacheDir = `${appDir}/.compile-cache`;

/** User of the pods that the operator and the chart make. */
export const imageUser = 10001;

/** The program in the image: a file without extension is CommonJS, so it imports dynamically. */
export const launcherPath = '/usr/local/bin/meridian';
export const launcherSource = 'tools/image/meridian';
/** What kubectl looks for when it is told \`kubectl meridian\`. */
export const pluginPath = '/usr/local/bin/kubectl-meridian';

export const environment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  NODE_ENV: 'production',
  NODE_COMPILE_CACHE: compileCacheDir,
  // As local mode starts nodes: requests make no garbage, and a container is sized for its data. The operator's chart sets its own.
  NODE_OPTIONS: '--max-semi-space-size=1 --v8-pool-size=1',
  MALLOC_ARENA_MAX: '1',
};

/** Product files that are for developers only. */
export const isLeftOut = (path: string): boolean => /(\.test\.ts|\.md|\/testdata|\/fixtures)$/.test(path);
/** Parts of packages that no program reads. */
export const isPackageBallast = (path: string): boolean => /(\.d\.[cm]?ts|\.map|\.md|\.markdown|\.ts|\.tsbuildinfo|\/(test|tests|docs|benchmark|benchmarks|examples|\.github))$/.test(path);

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly peer?: boolean;
}

/** Folders of the packages that the product needs to run (`node_modules/a`, `node_modules/a/node_modules/b`), from the lock file. */
export function productionPackages(): readonly string[] {
  const lock = JSON.parse(readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8')) as { packages: Record<string, LockedPackage> };
  return Object.entries(lock.packages).filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional && !path.includes('/@types/')).map(([path]) => path);
}
