import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunDirectory } from '../../test/kube/run-directory.ts';

const mountPoint = '/sys/fs/cgroup';

/**
 * Makes the cgroup below which a kubelet keeps its pods, in every hierarchy (version 1) or the one (version 2), and has the
 * run remove it. Returns its path within a hierarchy, as the kubelet's `cgroupRoot` wants it.
 */
export function createCgroup(run: RunDirectory, name: string): string {
  for (const hierarchy of hierarchies()) {
    const path = join(hierarchy, name);
    mkdirSync(path, { recursive: true });
    fillCpuset(hierarchy, path);
    passControllersOn(hierarchy, path);
  }
  // The deepest first; a hierarchy that has none of it is no failure.
  run.undo(`for d in $(find ${mountPoint} -depth -type d -path '*/${name}*'); do rmdir "$d" 2>/dev/null || true; done; test -z "$(find ${mountPoint} -type d -name '${name}')"`);
  return `/${name}`;
}

/** Version 2 is one tree; version 1 a directory of trees (of which symbolic links are second names). */
function hierarchies(): readonly string[] {
  if (existsSync(join(mountPoint, 'cgroup.controllers'))) return [mountPoint];
  return readdirSync(mountPoint, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => join(mountPoint, entry.name)).filter((path) => !existsSync(join(path, 'cgroup.controllers')) && statSync(path).isDirectory());
}

/** A new cpuset of version 1 is empty, and an empty one takes no process. */
function fillCpuset(hierarchy: string, path: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const target = join(path, file);
    if (existsSync(target) && existsSync(join(hierarchy, file)) && readFileSync(target, 'utf8').trim() === '') writeFileSync(target, readFileSync(join(hierarchy, file)));
  }
}

/** In version 2 children get only the controllers that their parent passes on. */
function passControllersOn(hierarchy: string, path: string): void {
  if (!existsSync(join(hierarchy, 'cgroup.controllers'))) return;
  const all = readFileSync(join(hierarchy, 'cgroup.controllers'), 'utf8').trim().split(' ').map((name) => `+${name}`).join(' ');
  for (const directory of [hierarchy, path]) writeFileSync(join(directory, 'cgroup.subtree_control'), all);
}
