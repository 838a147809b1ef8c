import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the kernel says of the memory of a cgroup. */
export interface CgroupMemory {
  readonly path: string;
  readonly limitBytes: number;
  /** Page cache included, which the kernel takes back before it kills. */
  readonly peakBytes: number;
  readonly oomKills: number;
}

/** Directory of the cgroup that bounds the memory of a process, version 1 or 2. */
export function memoryCgroupOf(pid: number, mountPoint = '/sys/fs/cgroup'): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n').map((line) => line.split(':'));
  const own = lines.find(([, controllers]) => controllers.split(',').includes('memory'));
  if (own !== undefined) return join(mountPoint, 'memory', own.slice(2).join(':'));
  return join(mountPoint, lines.find(([id]) => id === '0')?.slice(2).join(':') ?? '/');
}

export function readCgroupMemory(path: string): CgroupMemory {
  const read = (name: string): string => readFileSync(join(path, name), 'utf8').trim();
  const unified = existsSync(join(path, 'memory.max'));
  const [limit, peak, events] = unified ? ['memory.max', 'memory.peak', 'memory.events'] : ['memory.limit_in_bytes', 'memory.max_usage_in_bytes', 'memory.oom_control'];
  return { path, limitBytes: read(limit) === 'max' ? Infinity : Number(read(limit)), peakBytes: Number(read(peak)), oomKills: Number(/^oom_kill (\d+)$/m.exec(read(events))?.[1]) };
}
