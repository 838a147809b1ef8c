import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { binaryNames, cacheKey, moduleOf, wrapperModules } from './catalogue.ts';

const program = join(import.meta.dirname, 'main.ts');
let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'meridian-kube-tool-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The command line with an empty cache of its own. */
async function build(names: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, 'build', ...names], { env: { ...process.env, KUBEBUILDER_ASSETS: '', MERIDIAN_CACHE_DIR: dir, ...env } });
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, output, errors };
}

function place(path: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '');
  chmodSync(path, 0o755);
  return path;
}

test('KUBEBUILDER_ASSETS comes before the cache, and the cache has what is not there', async () => {
  const assets = join(dir, 'assets');
  const etcd = place(join(assets, 'etcd'));
  const folder = join(dir, 'kube', cacheKey(moduleOf('etcd')));
  place(join(folder, 'etcd'));
  const apiServer = place(join(folder, 'kube-apiserver'));
  expect(await build(['etcd', 'kube-apiserver'], { KUBEBUILDER_ASSETS: assets })).toEqual({ code: 0, output: `etcd ${etcd}\nkube-apiserver ${apiServer}\n`, errors: '' });
});

test('with neither binaries nor Go it fails with one sentence that names the three ways', async () => {
  const { code, output, errors } = await build(['etcd', 'kube-apiserver'], { PATH: dir });
  expect({ code, output }).toEqual({ code: 2, output: '' });
  expect(errors.trim().split('\n')).toHaveLength(1);
  for (const way of ['KUBEBUILDER_ASSETS', join(dir, 'kube', 'v1.'), 'Go 1.26']) expect(errors).toContain(way);
});

test('two runs at once build once, and both get the whole binary', async () => {
  const results = await Promise.all([build(['pause']), build(['pause'])]);
  const path = join(dir, 'kube', cacheKey(moduleOf('pause')), 'pause');
  for (const { code, output } of results) expect({ code, output }).toEqual({ code: 0, output: `pause ${path}\n` });
  expect(results.map(({ errors }) => errors).join('').match(/^kube: building /gm)).toHaveLength(1);
  // Neither a lock nor half a build stays behind.
  expect(readdirSync(join(path, '..'))).toEqual(['pause']);
});

test('the lock of a run that died is taken over', async () => {
  const folder = join(dir, 'kube', cacheKey(moduleOf('pause')));
  const died = spawn('true');
  await new Promise((resolve) => died.once('exit', resolve));
  mkdirSync(join(folder, '.lock'), { recursive: true });
  writeFileSync(join(folder, '.lock', 'owner'), `${died.pid}`);
  expect((await build(['pause'])).code).toBe(0);
});

test('every wrapper module pins its dependencies, and no binary has two makers', () => {
  for (const { folder, version } of wrapperModules) {
    const path = join(import.meta.dirname, 'modules', folder);
    expect(version).toMatch(/^v\d/);
    expect(existsSync(join(path, 'go.sum'))).toBe(folder !== 'pause');
  }
  expect(new Set(binaryNames).size).toBe(binaryNames.length);
  expect(() => execFileSync(process.execPath, [program, 'build', 'no-such-binary'], { stdio: 'ignore' })).toThrow();
});
