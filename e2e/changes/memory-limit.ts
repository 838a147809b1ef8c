import { setTimeout as sleep } from 'node:timers/promises';
import { containerMemoryBytes } from '../../operator/resources/memory-limit.ts';
import { memoryCgroupOf, readCgroupMemory } from '../../test/clients/container-memory.ts';
import { startMemoryPressure } from '../../test/clients/memory-pressure.ts';
import { parseAddress } from '../clients/task.ts';
import { machineOf } from '../faults/world.ts';
import type { Step } from '../journey/step.ts';
import { accessTo, leaseOf, podsOf, untilAllInSync } from '../world.ts';
import { oneRegion, region } from './manifests.ts';
import { withCluster } from './begin-and-end.ts';

const name = 'full';
const mib = 2 ** 20;
const dataMib = 128;

/** Issue 5's word: a container with the limit that the operator derives is never killed for memory. */
export const fillPastTheLimit = (seconds: number): Step =>
  withCluster(name, oneRegion({ name, shards: 1, copies: 1, memory: `${dataMib}Mi`, more: { eviction: 'allkeys-lru' } }), {
    name: `a pod of ${dataMib}Mi and its copy are filled past the limit for ${seconds} s by hundreds of clients, slow readers among them: no container is killed for memory or restarted`,
    run: async (world, report) => {
      const { password } = await accessTo(world, name, region);
      const pods = podsOf(world, name, region);
      const groups = pods.map((pod) => ({ pod, path: memoryCgroupOf(machineOf(world).processOf(pod)) }));
      for (const { pod, path } of groups) {
        const { limitBytes } = readCgroupMemory(path);
        if (limitBytes !== containerMemoryBytes(dataMib * mib)) throw new Error(`the container of ${pod.metadata.name} may take ${limitBytes} bytes instead of ${containerMemoryBytes(dataMib * mib)} (${path})`);
      }
      const primary = pods.find(({ metadata }) => metadata.name === leaseOf(world, `${name}-${region}-s0`).primary);
      const pressure = startMemoryPressure({ ...parseAddress(`${primary?.status.podIP}:6379`), password, dataBytes: dataMib * mib });
      await sleep(seconds * 1000);
      // Before the clients go: a container that was killed has a cgroup of its own no more.
      const seen = groups.map(({ pod, path }) => ({ pod: pod.metadata.name, ...readCgroupMemory(path) }));
      const { writes, written, errors, closed } = await pressure.stop();
      const inMib = (bytes: number): string => `${Math.round(bytes / mib)} MiB`;
      report(`${writes} writes of ${inMib(written)}, ${closed} connections closed by the node, error replies ${JSON.stringify(errors)}`);
      for (const { pod, limitBytes, peakBytes, oomKills } of seen) report(`${pod}: limit ${inMib(limitBytes)}, peak ${inMib(peakBytes)} (page cache included), OOM kills ${oomKills}`);
      const killed = seen.filter(({ oomKills }) => oomKills !== 0);
      const restarted = podsOf(world, name, region).filter(({ status }) => status.containerStatuses?.some(({ restartCount }) => restartCount !== 0));
      if (killed.length + restarted.length > 0) throw new Error(`killed or restarted: ${[...killed.map(({ pod }) => pod), ...restarted.map(({ metadata }) => metadata.name)].join(', ')}`);
      await untilAllInSync(world, name);
    },
  });
