import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createCgroup } from '../../e2e/cluster/cgroups.ts';
import { defaultRegions } from '../../e2e/cluster/cluster.ts';

let mountPoint: string;
const undone: string[] = [];
const run = { undo: (script: string) => void undone.push(script) };
const write = (path: string, text: string): void => {
  mkdirSync(join(mountPoint, path, '..'), { recursive: true });
  writeFileSync(join(mountPoint, path), text);
};
const read = (path: string): string => readFileSync(join(mountPoint, path), 'utf8');

beforeEach(() => void (mountPoint = mkdtempSync(join(tmpdir(), 'meridian-cgroup-'))));
afterEach(() => rmSync(mountPoint, { recursive: true, force: true }));

describe('the cgroup of a node', () => {
  it('version 1: is in every hierarchy, and its empty cpuset is filled', () => {
    write('cpuset/cpuset.cpus', '0-1\n');
    write('cpuset/cpuset.mems', '0\n');
    write('cpuset/node/cpuset.cpus', '\n');
    write('cpuset/node/cpuset.mems', '');
    write('memory/tasks', '');
    write('unified/cgroup.controllers', '');
    expect(createCgroup(run, 'node', mountPoint)).toBe('/node');
    expect([read('cpuset/node/cpuset.cpus'), read('cpuset/node/cpuset.mems')]).toEqual(['0-1\n', '0\n']);
    expect(existsSync(join(mountPoint, 'memory/node'))).toBe(true);
    expect(existsSync(join(mountPoint, 'unified/node'))).toBe(false);
    expect(undone.at(-1)).toContain(mountPoint);
  });

  it('version 2: is in the one tree, and gets the controllers that a kubelet needs', () => {
    for (const path of ['', 'node/']) write(`${path}cgroup.controllers`, 'cpuset cpu io memory pids\n');
    expect(createCgroup(run, 'node', mountPoint)).toBe('/node');
    for (const path of ['', 'node/']) expect(read(`${path}cgroup.subtree_control`)).toBe('+pids');
  });

  it('version 2: says which controllers are not passed on, and what to do', () => {
    write('cgroup.controllers', 'cpu memory pids\n');
    expect(() => createCgroup(run, 'node', mountPoint)).toThrow('does not pass on cpuset: a kubelet needs cpu, cpuset, memory, pids');
    mkdirSync(join(mountPoint, 'other'), { recursive: true });
    rmSync(join(mountPoint, 'cgroup.subtree_control'));
    // Whatever refuses the write: here that it is a directory, in a container that processes live in the cgroup.
    mkdirSync(join(mountPoint, 'cgroup.subtree_control'));
    write('cgroup.controllers', 'cpuset cpu memory pids\n');
    expect(() => createCgroup(run, 'node', mountPoint)).toThrow('cpu (EISDIR), cpuset (EISDIR), memory (EISDIR), pids (EISDIR)');
  });
});

it('kind has the nodes that the suite asks for: a worker for each region of our own cluster', () => {
  const { kind, nodes } = parse(readFileSync(new URL('../../e2e/kind.yaml', import.meta.url), 'utf8')) as { kind: string; nodes: { role: string; labels?: Record<string, string> }[] };
  expect(kind).toBe('Cluster');
  expect(nodes.filter(({ role }) => role === 'control-plane')).toHaveLength(1);
  expect(nodes.filter(({ role }) => role === 'worker').map(({ labels }) => labels?.['topology.kubernetes.io/region'])).toEqual(defaultRegions);
});
