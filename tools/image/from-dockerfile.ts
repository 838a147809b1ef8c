import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { appDir, imageUser, launcherPath, productionPackages, repositoryRoot } from './contents.ts';
import { nodeWithLibraries } from './runtime-files.ts';
import { stageRoot } from './stage.ts';

const base = 'docker.io/library/node:26-slim';

export interface DockerfileBuild {
  /** Archive to write, as `docker save` does. */
  readonly file: string;
  readonly name: string;
  /** Without a registry of images: on a base that is made here of this machine's shell, Node and npm. */
  readonly standIn: boolean;
}

/**
 * Carries the Dockerfile's steps out with buildah in change-root isolation: no daemon, no privileges beyond root's. Then compares what is in the image with what `npm run image` writes, runs it,
 * and keeps it. Returns the version that it says it has.
 */
export function buildFromDockerfile({ file, name, standIn }: DockerfileBuild): string {
  const dir = mkdtempSync(join(tmpdir(), 'meridian-dockerfile-'));
  const policy = join(dir, 'policy.json');
  writeFileSync(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  const buildah = (...args: readonly string[]): string => output('buildah', ['--root', join(dir, 'store'), '--runroot', join(dir, 'run'), '--storage-driver', 'vfs', ...args]);
  try {
    if (standIn) makeBase(buildah, join(dir, 'base'), policy);
    buildah('build', '--isolation', 'chroot', ...(standIn ? ['--pull-never'] : []), '--signature-policy', policy, '--format', 'oci', '--tag', name, '--file', 'Dockerfile', '.');
    const container = buildah('from', '--pull-never', '--signature-policy', policy, name);
    compare(buildah('mount', container), dir);
    const version = buildah('run', '--isolation', 'chroot', '--user', `${imageUser}:${imageUser}`, container, '--', launcherPath, '--version');
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { force: true });
    buildah('push', '--signature-policy', policy, name, `docker-archive:${file}:${name}`);
    return version;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function output(program: string, args: readonly string[]): string {
  const done = spawnSync(program, args, { cwd: repositoryRoot, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (done.error !== undefined) throw new Error(`${program} cannot be run (${done.error.message}): on Debian apt-get install buildah`);
  if (done.status !== 0) throw new Error(`${program} ${args.slice(6).join(' ')} failed (${done.status}): ${done.stderr.trim().split('\n').slice(-8).join('\n')}`);
  return done.stdout.trim();
}

const programs: Readonly<Record<string, string>> = { '/bin/sh': '/bin/sh', '/bin/ln': '/bin/ln', '/usr/bin/install': '/usr/bin/install', '/usr/bin/env': '/usr/bin/env' };

/** What the Dockerfile asks of its base: a shell, ln, install, Node and npm. */
function makeBase(buildah: (...args: readonly string[]) => string, root: string, policy: string): void {
  const put = (from: string, to: string): void => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    cpSync(realpathSync(from), join(root, to), { recursive: true });
  };
  const libraries = [...new Set(Object.values(programs).flatMap((program) => [...output('ldd', [program]).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path)))];
  const system = [...nodeWithLibraries(), { kind: 'directory', path: '/tmp' } as const, { kind: 'directory', path: '/root' } as const];
  for (const entry of system) {
    if (entry.kind === 'directory') mkdirSync(join(root, entry.path), { recursive: true });
    else if (entry.kind === 'file') {
      mkdirSync(dirname(join(root, entry.path)), { recursive: true });
      writeFileSync(join(root, entry.path), entry.bytes, { mode: 0o755 });
    }
  }
  for (const [to, from] of Object.entries(programs)) put(from, to);
  for (const library of libraries) put(library, library);
  const npm = dirname(dirname(realpathSync(output('sh', ['-c', 'command -v npm']))));
  put(npm, '/usr/local/lib/npm');
  writeFileSync(join(root, 'usr/local/bin/npm'), '#!/bin/sh\nexec node /usr/local/lib/npm/bin/npm-cli.js "$@"\n', { mode: 0o755 });
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
  const authorities = process.env.NODE_EXTRA_CA_CERTS;
  if (authorities !== undefined) put(authorities, '/etc/authorities.crt');
  const container = buildah('from', 'scratch');
  buildah('copy', container, root, '/');
  buildah('config', '--env', 'PATH=/usr/local/bin:/usr/bin:/bin', ...(authorities === undefined ? [] : ['--env', 'NODE_EXTRA_CA_CERTS=/etc/authorities.crt']), container);
  buildah('commit', '--signature-policy', policy, container, base);
}

/** The two images must not drift apart: the same files of ours, the same packages. */
function compare(mounted: string, dir: string): void {
  const staged = join(dir, 'staged');
  stageRoot(staged, []);
  const [ours, theirs] = [filesOf(join(staged, appDir)), filesOf(join(mounted, appDir))];
  const different = [...ours.filter((path) => !theirs.includes(path)), ...theirs.filter((path) => !ours.includes(path))];
  const missing = productionPackages().filter((path) => existsSync(join(repositoryRoot, path)) && !existsSync(join(mounted, appDir, path)));
  if (different.length + missing.length > 0) throw new Error(`the Dockerfile's image differs from that of npm run image: ${[...different, ...missing].slice(0, 10).join(', ')}`);
}

const filesOf = (root: string): readonly string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(root.length)).filter((path) => !path.startsWith('/node_modules/') && !path.startsWith('/.compile-cache/')).toSorted();
