import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const upstreamVersion = '7.0.15';
const etcApt = '/etc/apt';

/** A fault that the user can mend; its message says how. */
export class ConformanceFault extends Error {}

export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'meridian', 'conformance');
}

/**
 * Debian's source of Redis, with its patches: the folder that holds `runtest`. Fetched once, into the user's cache; apt works on lists of its own, so the
 * system's stay as they are.
 */
export function redisSource(): string {
  const folder = join(cacheFolder(), `redis-${upstreamVersion}`);
  if (existsSync(join(folder, 'runtest'))) return folder;
  const work = `${folder}.fetching`;
  rmSync(work, { recursive: true, force: true });
  for (const part of ['lists/partial', 'archives/partial', 'parts', 'download']) mkdirSync(join(work, part), { recursive: true });
  writeFileSync(join(work, 'sources.list'), sourceLines());
  const options = [
    `Dir::Etc::SourceList=${join(work, 'sources.list')}`, `Dir::Etc::SourceParts=${join(work, 'parts')}`, `Dir::State::Lists=${join(work, 'lists')}`,
    `Dir::Cache::Archives=${join(work, 'archives')}`, 'Dir::Cache::pkgcache=', 'Dir::Cache::srcpkgcache=', 'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  run('apt-get', [...options, '--quiet', 'update'], work);
  run('apt-get', [...options, '--quiet', 'source', '--download-only', `redis=${newestVersion(options, work)}`], join(work, 'download'));
  const description = readdirSync(join(work, 'download')).find((name) => name.endsWith('.dsc'));
  if (description === undefined) throw new ConformanceFault('apt fetched no source of redis');
  run('dpkg-source', ['--no-check', '--extract', join(work, 'download', description), join(work, 'source')], work);
  rmSync(folder, { recursive: true, force: true });
  renameSync(join(work, 'source'), folder);
  rmSync(work, { recursive: true, force: true });
  return folder;
}

function newestVersion(options: readonly string[], folder: string): string {
  const shown = run('apt-cache', [...options, 'showsrc', '--only-source', 'redis'], folder);
  const versions = [...shown.matchAll(/^Version: (.*)$/gm)].map((match) => match[1]).filter((version) => version.replace(/^\d+:/, '').startsWith(`${upstreamVersion}-`));
  const newest = versions.toSorted((a, b) => (spawnSync('dpkg', ['--compare-versions', a, 'lt', b]).status === 0 ? -1 : 1)).at(-1);
  if (newest === undefined) throw new ConformanceFault(`the package sources of this system have no redis ${upstreamVersion} (Debian 12 has): found ${versions.join(', ') || 'none'}`);
  return newest;
}

/** The system's Debian sources, as sources of source packages, in one-line form. */
function sourceLines(): string {
  const files = [join(etcApt, 'sources.list'), ...listed(join(etcApt, 'sources.list.d'))].filter((file) => existsSync(file));
  const lines = files.flatMap((file) => (file.endsWith('.sources') ? stanzasToLines(readFileSync(file, 'utf8')) : plainLines(readFileSync(file, 'utf8'))));
  if (lines.length === 0) throw new ConformanceFault('no Debian package sources were found below /etc/apt: the suite comes from Debian 12');
  return `${[...new Set(lines)].join('\n')}\n`;
}

function listed(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.list') || name.endsWith('.sources')).map((name) => join(folder, name)) : [];
}

const plainLines = (text: string): readonly string[] => text.split('\n').filter((line) => /^deb\s.*debian.*\bmain\b/.test(line)).map((line) => line.replace(/^deb/, 'deb-src'));

function stanzasToLines(text: string): readonly string[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string): readonly string[] => (new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(stanza)?.[1] ?? '').split(/\s+/).filter((word) => word !== '');
    if (!field('Types').includes('deb') || !field('Components').includes('main') || !field('URIs').some((uri) => uri.includes('debian'))) return [];
    const [keyring] = field('Signed-By');
    const trust = keyring?.startsWith('/') === true ? `[signed-by=${keyring}] ` : '';
    return field('URIs').flatMap((uri) => field('Suites').map((suite) => `deb-src ${trust}${uri} ${suite} main`));
  });
}

function run(program: string, args: readonly string[], folder: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (error !== undefined) throw new ConformanceFault(`${program} cannot be started (${error.message}): the suite is fetched with apt and unpacked with dpkg-source (package dpkg-dev)`);
  if (status !== 0) throw new ConformanceFault(`${program} ${args.at(-1)} failed:\n${stderr}${stdout}`);
  return stdout;
}
