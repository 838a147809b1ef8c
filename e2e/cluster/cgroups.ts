import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunDirectory } from '../../test/kube/run-directory.ts';

/**
 * Makes the cgroup below which a kubelet keeps its pods, in every hierarchy (version 1) or the one (version 2), and has the
 * run remove it. Returns its path within a hierarchy, as the kubelet's `cgroupRoot` wants it.
 */
export function createCgroup(run: Pick<RunDirectory, 'undo'>, name: string, mountPoint = '/sys/fs/cgroup'): string {
  const unified = existsSync(join(mountPoint, controllersFile));
  for (const hierarchy of unified ? [mountPoint] : hierarchiesOf(mountPoint)) {
    const path = join(hierarchy, name);
    mkdirSync(path, { recursive: true });
    if (unified) for (const directory of [hierarchy, path]) passControllersOn(directory);
    else fillCpuset(hierarchy, path);
  }
  // The deepest first; a hierarchy that has none of it is no failure.
  run.undo(`for d in $(find ${mountPoint} -depth -type d -path '*/${name}*'); do rmdir "$d" 2>/dev/null || true; done; test -z "$(find ${mountPoint} -type d -name '${name}')"`);
  return `/${name}`;
}

const controllersFile = 'cgroup.controllers';

/** Version 1 is a directory of trees, of which symbolic links are second names; beside them version 2 may have one without controllers. */
function hierarchiesOf(mountPoint: string): readonly string[] {
  return readdirSync(mountPoint, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => join(mountPoint, entry.name)).filter((path) => !existsSync(join(path, controllersFile)) && statSync(path).isDirectory());
}

/** A new cpuset of version 1 is empty, and an empty one takes no process. */
function fillCpuset(hierarchy: string, path: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const target = join(path, file);
    if (existsSync(target) && existsSync(join(hierarchy, file)) && readFileSync(target, 'utf8').trim() === '') writeFileSync(target, readFileSync(join(hierarchy, file)));
  }
}

/** Without these a kubelet does not start. */
const needed: readonly string[] = ['cpu', 'cpuset', 'memory', 'pids'];

/** In version 2 children get only the controllers that their parent passes on; one that cannot be passed must not keep the others back. */
function passControllersOn(directory: string): void {
  const offered = readFileSync(join(directory, controllersFile), 'utf8').trim().split(/\s+/);
  const refused = new Map<string, string>();
  for (const controller of offered) {
    try {
      writeFileSync(join(directory, 'cgroup.subtree_control'), `+${controller}`);
    } catch (error) {
      refused.set(controller, (error as NodeJS.ErrnoException).code ?? String(error));
    }
  }
  const missing = needed.filter((controller) => !offered.includes(controller) || refused.has(controller));
  if (missing.length === 0) return;
  const why = missing.map((controller) => `${controller}${refused.has(controller) ? ` (${refused.get(controller)})` : ''}`).join(', ');
  throw new Error(`${directory} does not pass on ${why}: a kubelet needs ${needed.join(', ')}. EBUSY means that processes live in this cgroup itself, as in a container: run the suite on the machine, or with E2E_CLUSTER=current`);
}
