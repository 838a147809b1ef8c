import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { containerMemoryBytes } from '../../operator/resources/memory-limit.ts';
import { memoryCgroupOf, readCgroupMemory } from '../../test/clients/container-memory.ts';
import { startMemoryPressure } from '../../test/clients/memory-pressure.ts';
import { eventually, startRegion } from '../../test/node/region-of-processes.ts';

export const title = 'A node filled past its limit by hostile clients in a cgroup as large as the operator makes its container: [MEBIBYTES] [SECONDS] [EVICTION] (root)';

const mib = 1024 * 1024;
const looksMs = 1_000;

export async function run(args: readonly string[]): Promise<void> {
  const [dataBytes, seconds, eviction] = [Number(args[0] ?? 128) * mib, Number(args[1] ?? 60), args[2] ?? 'allkeys-lru'];
  const limitBytes = containerMemoryBytes(dataBytes);
  const cgroup = makeCgroup(limitBytes);
  const region = await startRegion({ shards: 1, memoryBytes: dataBytes });
  region.writeConfig({ eviction, memoryBytes: dataBytes });
  const home = memoryCgroupOf(process.pid);
  try {
    // Born there: what a process has when it is moved is not counted.
    writeFileSync(join(cgroup, 'cgroup.procs'), String(process.pid));
    const starting = region.start(0);
    writeFileSync(join(home, 'cgroup.procs'), String(process.pid));
    const node = await starting;
    const pid = node.child.pid as number;
    if (memoryCgroupOf(pid) !== cgroup) throw new Error(`the node is in ${memoryCgroupOf(pid)}`);
    await eventually(() => node.admin.status(), ({ role }) => role === 'primary');
    const pressure = startMemoryPressure({ host: '127.0.0.1', port: node.ports.redis, dataBytes });
    let mostResident = 0;
    for (const untilMs = performance.now() + seconds * 1000; performance.now() < untilMs && node.child.exitCode === null && node.child.signalCode === null; await sleep(looksMs)) mostResident = Math.max(mostResident, residentBytes(pid));
    const alive = node.child.exitCode === null && node.child.signalCode === null;
    // Busy as it is, it may take more than one question.
    const used = alive ? (await eventually(() => node.admin.status(), () => true)).memoryUsedBytes : 0;
    const { writes, written, errors, closed } = await pressure.stop();
    const { peakBytes, oomKills } = readCgroupMemory(cgroup);
    const inMib = (bytes: number): string => `${Math.round(bytes / mib)} MiB`;
    console.log(`data limit ${inMib(dataBytes)} (${eviction}), container limit ${inMib(limitBytes)}: ${writes} writes of ${inMib(written)} in ${seconds} s, ${closed} connections closed, errors ${JSON.stringify(errors)}`);
    console.log(`used_memory ${inMib(used)}, most resident ${inMib(mostResident)}, peak of the cgroup ${inMib(peakBytes)}, OOM kills ${oomKills}, ${alive ? 'alive' : 'ENDED'}`);
    if (!alive || oomKills > 0) process.exitCode = 1;
  } finally {
    await region.close();
    await eventually(() => rmdirSync(cgroup) ?? true, Boolean);
  }
}

const residentBytes = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;

/** Beside our own, so that no controller has to be passed on to it. */
function makeCgroup(limitBytes: number): string {
  const path = join(dirname(memoryCgroupOf(process.pid)), `meridian-memory-limit-${process.pid}`);
  mkdirSync(path);
  const file = readFileSync(`/proc/self/cgroup`, 'utf8').includes(':memory:') ? 'memory.limit_in_bytes' : 'memory.max';
  writeFileSync(join(path, file), String(limitBytes));
  return path;
}
