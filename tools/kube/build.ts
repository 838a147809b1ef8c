import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { sourceDir } from './catalogue.ts';
import type { WrapperModule } from './catalogue.ts';

const progressEveryMs = 10_000;

export type Report = (line: string) => void;

export const hasGo = (): boolean => spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;

/** Builds `names` of one module into `targetDir`. A binary appears there whole or not at all: it is renamed into place. */
export async function buildBinaries(module: WrapperModule, names: readonly string[], targetDir: string, report: Report): Promise<void> {
  mkdirSync(targetDir, { recursive: true });
  const scratch = mkdtempSync(join(targetDir, '.building-'));
  const startedMs = performance.now();
  report(`building ${names.join(', ')} (${module.folder} ${module.version}; all of it takes about ${module.usualSeconds} s on two cores, once)`);
  try {
    for (const group of groupsOf(module, names)) {
      await goBuild(module, group, scratch, report);
      for (const name of group) renameSync(join(scratch, outputName(module.binaries[name], module)), join(targetDir, name));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  report(`built ${names.join(', ')} in ${seconds(startedMs)} s`);
}

/** `go build` calls etcd's package v3 "server"; so binaries are built in one run (shared work) and named afterwards. */
function outputName(packagePath: string, module: WrapperModule): string {
  if (packagePath === '.') return module.folder;
  return basename(packagePath.replace(/\/v\d+$/, ''));
}

/** Everything in one run, so that the compiler's work is spread over all cores. */
const groupsOf = (module: WrapperModule, names: readonly string[]): string[][] => (names.length === 0 ? [] : [Object.keys(module.binaries).filter((name) => names.includes(name))]);

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1000).toFixed(0);

async function goBuild(module: WrapperModule, names: readonly string[], scratch: string, report: Report): Promise<void> {
  const args = ['build', '-v', '-trimpath', '-mod=readonly', '-buildvcs=false', '-ldflags', module.ldflags, '-o', `${scratch}/`, ...names.map((name) => module.binaries[name])];
  // A workspace or flags of the person's own must not change what is built.
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
  const child = spawn('go', args, { cwd: sourceDir(module), env, stdio: ['ignore', 'ignore', 'pipe'] });
  const output: string[] = [];
  let packages = 0;
  createInterface(child.stderr).on('line', (line) => {
    if (/^[\w./-]+$/.test(line)) packages += 1;
    else output.push(line);
  });
  const startedMs = performance.now();
  const ticker = setInterval(() => report(`  ${module.folder}: ${packages} packages compiled, ${seconds(startedMs)} s`), progressEveryMs);
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)).finally(() => clearInterval(ticker));
  if (code !== 0) throw new Error(`go build of ${names.join(', ')} failed (${code}):\n${output.filter((line) => !line.startsWith('go: downloading')).slice(-20).join('\n')}`);
}
