import { spawnSync } from 'node:child_process';
import type { Pod } from '../cluster/objects.ts';
import type { World } from '../world.ts';
import { machineOf } from './world.ts';

/** Takes aim at a pod. What comes before the blow costs time and must not be measured. */
export type Strike = (world: World, pod: Pod) => Blow;

interface Blow {
  begin(): void;
  end(): void;
}

export const kill: Strike = (world, pod) => {
  const pid = machineOf(world).processOf(pod);
  return { begin: () => void process.kill(pid, 'SIGKILL'), end: () => {} };
};

export const stop: Strike = (world, pod) => {
  const pid = machineOf(world).processOf(pod);
  return { begin: () => void process.kill(pid, 'SIGSTOP'), end: () => void process.kill(pid, 'SIGCONT') };
};

/** More specific than the pod's own routes, so that those need not be touched. */
const everywhere = ['0.0.0.0/2', '64.0.0.0/2', '128.0.0.0/2', '192.0.0.0/2'];

/** Inside the pod's own network: whatever it sends is dropped without a word, whatever it is sent still arrives. */
export const sendNothing: Strike = (world, pod) => {
  const pid = machineOf(world).processOf(pod);
  const routes = (verb: 'add' | 'del'): void => {
    const lines = everywhere.map((range) => `ip route ${verb} blackhole ${range}`).join(' && ');
    const done = spawnSync('nsenter', [`--target=${pid}`, '--net', '--', 'sh', '-c', lines], { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`blackhole routes of ${pod.metadata.name}: ${done.stderr}`);
  };
  return { begin: () => routes('add'), end: () => routes('del') };
};

/** The machine's end of the pod's cable: nothing arrives and nothing leaves. */
export const unplug: Strike = (world, pod) => {
  const { enclosure } = machineOf(world);
  const route = enclosure.run(['ip', 'route', 'show', `${pod.status.podIP}`]).trim();
  const device = / dev (\S+)/.exec(route)?.[1];
  if (device === undefined) throw new Error(`no interface leads to ${pod.metadata.name}: ${route}`);
  return {
    begin: () => void enclosure.run(['ip', 'link', 'set', device, 'down']),
    end() {
      enclosure.run(['ip', 'link', 'set', device, 'up']);
      enclosure.run(['ip', 'route', 'replace', ...route.split(' ').filter((word) => word !== '' && word !== 'linkdown')]);
    },
  };
};
