import { join } from 'node:path';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProgram } from '../clients/run-program.ts';
import { clusterManifest, manifestFolder, root, startLocal, type LocalMode } from './local-mode.ts';

/** Slots move between real node processes, under load, as the operator plans it and a person approves it. */
const folder = manifestFolder({ 'demo.yaml': clusterManifest('demo', { shards: 3, extra: '  resharding: { approval: manual }\n' }) });
const meridian = (...args: string[]): Promise<string> => runProgram(process.execPath, [join(root, 'cli/main.ts'), ...args, `--local=${local.statusUrl}`], { install: 'Node' });
let local: LocalMode;
let clients: Cluster;

interface Status {
  readonly shards?: number;
  readonly observedGeneration?: number;
  readonly plan?: { readonly hash?: string; readonly slots?: number };
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
}

const path = '/apis/meridiancache.io/v1alpha1/namespaces/default/cacheclusters/demo';
async function cluster(): Promise<{ readonly metadata: { readonly generation: number }; readonly status?: Status }> {
  return (await (await fetch(`${local.statusUrl}${path}`)).json()) as never;
}

async function scale(shards: number): Promise<void> {
  await fetch(`${local.statusUrl}${path}/scale`, { method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' }, body: JSON.stringify({ spec: { replicas: shards } }) });
}

const reasonOf = ({ conditions = [] }: Status, type: string): string | undefined => conditions.find((condition) => condition.type === type)?.reason;

/** Looks until the status of the newest generation is as wanted. */
async function until(wanted: (status: Status) => boolean): Promise<Status> {
  for (;;) {
    const { metadata, status = {} } = await cluster();
    if (status.observedGeneration === metadata.generation && wanted(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Writes and reads back without a pause; every failed or wrong answer is kept. */
function startLoad(): { stop(): Promise<{ readonly operations: number; readonly failures: readonly string[]; readonly written: ReadonlyMap<string, string> }> } {
  const failures: string[] = [];
  const written = new Map<string, string>();
  let operations = 0;
  let stopped = false;
  const worker = async (name: number): Promise<void> => {
    for (let round = 0; !stopped; round += 1) {
      const key = `k${name}-${round % 400}`;
      const value = `${round}`;
      try {
        await clients.set(key, value);
        written.set(key, value);
        const read = await clients.get(key);
        if (read !== value) failures.push(`${key} is ${read} instead of ${value}`);
      } catch (error) {
        failures.push(`${key}: ${(error as Error).message}`);
        // Failures come at once: others must have their turn, or the test cannot end.
        await new Promise((resolve) => setImmediate(resolve));
      }
      operations += 2;
    }
  };
  const workers = Array.from({ length: 8 }, (_, name) => worker(name));
  return {
    async stop() {
      stopped = true;
      await Promise.all(workers);
      return { operations, failures, written };
    },
  };
}

beforeAll(async () => {
  local = await startLocal([join(folder.path, 'demo.yaml')], { nodes: 8 });
  const [host, port] = local.ready.clusters[0].regions[0].redis[0].split(':');
  clients = new Cluster([{ host, port: Number(port) }], { redisOptions: { maxRetriesPerRequest: 0 }, clusterRetryStrategy: () => null });
}, 60_000);

afterAll(async () => {
  clients.disconnect();
  await local.stop();
  folder.remove();
});

it('scales out and in under load with not one failed operation, as planned and approved', async () => {
  const load = startLoad();
  for (const shards of [4, 3]) {
    await scale(shards);
    const { plan } = await until((status) => reasonOf(status, 'Resharding') === 'WaitingForApproval');
    expect(plan?.slots).toBe(4096);
    expect(await meridian('plan', 'demo')).toContain(`plan ${plan?.hash}: 4096 slots`);
    await expect(meridian('approve', 'demo', '--plan', 'another')).rejects.toThrow('is not the plan of demo');
    expect(await meridian('approve', 'demo')).toContain(`plan ${plan?.hash} of demo is approved`);
    await until((status) => reasonOf(status, 'Resharding') === 'UpToDate' && reasonOf(status, 'Progressing') === 'Settled' && status.shards === shards);
  }
  await expect(meridian('cancel', 'demo')).rejects.toThrow('nothing is planned for demo');
  const { operations, failures, written } = await load.stop();
  expect(failures.slice(0, 5)).toEqual([]);
  expect(operations).toBeGreaterThan(1000);
  for (const [key, value] of written) expect(await clients.get(key)).toBe(value);
}, 120_000);

it('stops where it is when it is cancelled, and everything is served', async () => {
  const load = startLoad();
  await scale(5);
  await until((status) => reasonOf(status, 'Resharding') === 'WaitingForApproval');
  await meridian('approve', 'demo');
  await until((status) => reasonOf(status, 'Resharding') === 'MovingSlots');
  expect(await meridian('cancel', 'demo')).toContain('is cancelled');
  const status = await until((now) => reasonOf(now, 'Resharding') === 'UpToDate');
  expect(status.conditions?.find(({ type }) => type === 'Resharding')?.message).toContain('was cancelled');
  const { failures, written } = await load.stop();
  expect(failures.slice(0, 5)).toEqual([]);
  for (const [key, value] of written) expect(await clients.get(key)).toBe(value);
}, 120_000);
