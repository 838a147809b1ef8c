// Runs one of our TypeScript programs with the locked Node 26, installing the locked packages first when
// they are missing or out of date. It is the only file that must run on any Node >= 20: plain JavaScript,
// no packages. Usage: node tools/launch.mjs PROGRAM.ts [ARG ...]
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.meridian-installed');
const lockDir = join(root, '.meridian-install.lock');
const staleLockMs = 10 * 60_000;
const minimumMajor = 26;

const wanted = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
const installed = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;

/** Two commands started at once must not run `npm ci` over each other: a directory is the lock. */
function withLock(work) {
  for (;;) {
    try {
      mkdirSync(lockDir);
      break;
    } catch {
      if (Date.now() - (statSync(lockDir, { throwIfNoEntry: false })?.mtimeMs ?? 0) > staleLockMs) rmSync(lockDir, { recursive: true, force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
    }
  }
  try {
    work();
  } finally {
    rmSync(lockDir, { recursive: true, force: true });
  }
}

if (!installed()) {
  withLock(() => {
    if (installed()) return;
    process.stderr.write('meridian: installing the locked packages (once; about half a minute)\n');
    const done = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
    if (done.status !== 0) {
      process.stderr.write('meridian: npm ci failed (see above). Check that npm reaches its registry, then run the command again.\n');
      // process.exit skips `finally`: a lock left here would hold up the next command until it is stale.
      rmSync(lockDir, { recursive: true, force: true });
      process.exit(2);
    }
    writeFileSync(stamp, wanted);
  });
}

/** The locked binary where a package ships one for this platform, else the running Node when it is new enough. */
function nodeBinary() {
  const packaged = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split('.')[0]) >= minimumMajor) return process.execPath;
  process.stderr.write(`meridian: no packaged Node for ${process.platform}-${process.arch}; install Node ${minimumMajor} or newer and run the command again.\n`);
  return process.exit(2);
}

const [program, ...args] = process.argv.slice(2);
if (!program) {
  process.stderr.write('usage: node tools/launch.mjs PROGRAM.ts [ARG ...]\n');
  process.exit(2);
}
const node = nodeBinary();
const cacheDir = join(root, 'node_modules', '.cache', 'compile');
const env = { ...process.env, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? cacheDir, PATH: `${dirname(node)}:${join(root, 'node_modules', '.bin')}:${process.env.PATH}` };
const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, program), ...args], { stdio: 'inherit', env });
// A terminal sends Ctrl-C to the whole group; a signal sent to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  process.exit(code ?? 1);
});
