import type { Pod } from '../cluster/objects.ts';
import type { World } from '../world.ts';
import { machineOf } from './world.ts';

/** Strikes the pod; returns what ends the fault. */
export type Strike = (world: World, pod: Pod) => () => void;

const signal = (world: World, pod: Pod, name: string): void => {
  const { enclosure, processOf } = machineOf(world);
  enclosure.run(['kill', `-${name}`, `${processOf(pod)}`]);
};

export const kill: Strike = (world, pod) => {
  signal(world, pod, 'KILL');
  return () => {};
};

export const stop: Strike = (world, pod) => {
  signal(world, pod, 'STOP');
  return () => signal(world, pod, 'CONT');
};

/** More specific than the pod's own routes, so that those need not be touched. */
const everywhere = ['0.0.0.0/2', '64.0.0.0/2', '128.0.0.0/2', '192.0.0.0/2'];

/** Inside the pod's own network: whatever it sends is dropped without a word, whatever it is sent still arrives. */
export const sendNothing: Strike = (world, pod) => {
  const { enclosure, processOf } = machineOf(world);
  const routes = (verb: 'add' | 'del'): void => {
    const lines = everywhere.map((range) => `ip route ${verb} blackhole ${range}`).join(' && ');
    enclosure.run(['nsenter', `--target=${processOf(pod)}`, '--net', '--', 'sh', '-c', lines]);
  };
  routes('add');
  return () => routes('del');
};

/** The machine's end of the pod's cable: nothing arrives and nothing leaves. */
export const unplug: Strike = (world, pod) => {
  const { enclosure } = machineOf(world);
  const route = enclosure.run(['ip', 'route', 'show', `${pod.status.podIP}`]).trim();
  const device = / dev (\S+)/.exec(route)?.[1] ?? / dev (\S+)/.exec(` ${route}`)?.[1];
  if (device === undefined) throw new Error(`no interface leads to ${pod.metadata.name}: ${route}`);
  enclosure.run(['ip', 'link', 'set', device, 'down']);
  return () => {
    enclosure.run(['ip', 'link', 'set', device, 'up']);
    enclosure.run(['ip', 'route', 'replace', ...route.split(' ').filter((word) => word !== '' && word !== 'linkdown')]);
  };
};
