import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSteadyLoad } from '../clients/steady-load.ts';
import { clusterManifest, manifestFolder, root, startLocal, type Finished, type LocalMode } from './local-mode.ts';

let local: LocalMode;
let folder: ReturnType<typeof manifestFolder>;

beforeAll(async () => {
  folder = manifestFolder({ 'a.yaml': clusterManifest('pair', { shards: 2, replicas: 1 }), 'b.yaml': clusterManifest('lone') });
  local = await startLocal([folder.path], { nodes: 5 });
});

afterAll(async () => {
  await local.stop();
  folder.remove();
});

async function meridian(...args: readonly string[]): Promise<Finished> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'cli', 'main.ts'), ...args, `--local=${local.statusUrl}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number | null]>]);
  return { code, stdout, stderr };
}

/** Rows of a printed table, by the names of its columns. */
function rowsOf(output: string, firstColumn: string): readonly Readonly<Record<string, string>>[] {
  const lines = output.split('\n');
  const start = lines.findIndex((line) => line.startsWith(firstColumn));
  const head = lines[start].split(/ {3,}/);
  const end = lines.indexOf('', start);
  return lines.slice(start + 1, end).map((line) => Object.fromEntries(line.split(/ {3,}/).map((cell, column) => [head[column], cell])));
}

const shardsOf = async (): Promise<readonly Readonly<Record<string, string>>[]> => rowsOf((await meridian('status', 'pair')).stdout, 'REGION   SHARD');
const inSync = (copies: number) => expect.poll(async () => (await shardsOf()).map((row) => row['IN SYNC'].split(' ').length), { timeout: 60_000 }).toEqual([copies, copies]);

/** A load, and the wait for more of it: something else has to have happened under it. */
function keepWriting() {
  const { rounds, stop } = startSteadyLoad(local.redisPort, 'over');
  return {
    moreRounds: async (): Promise<void> => {
      const from = rounds();
      await expect.poll(() => rounds() - from, { timeout: 60_000 }).toBeGreaterThan(50);
    },
    stop,
  };
}

/** A primary keeps its shard when no copy has confirmed everything within a second: on a busy machine that happens, and is said. Then again. */
async function handedOver(...args: readonly string[]): Promise<readonly Readonly<Record<string, string>>[]> {
  let last: Finished | undefined;
  await expect.poll(async () => (last = await meridian('switchover', 'pair', ...args)).code, { timeout: 120_000 }).toBe(0);
  expect(last?.stderr).toBe('');
  return rowsOf(`${last?.stdout}\n`, 'REGION');
}

it('meridian switchover hands every shard over, and back to a pod that is named, without a failed operation', { timeout: 300_000 }, async () => {
  await inSync(2);
  const before = await shardsOf();
  const writing = keepWriting();
  await writing.moreRounds();
  const over = await handedOver();
  expect(over.map((row) => row.SHARD)).toEqual(['0', '1']);
  for (const [shard, row] of over.entries()) {
    expect(row.TO).not.toBe(row.FROM);
    expect(Number(row.EPOCH)).toBeGreaterThan(Number(before[shard].EPOCH));
  }
  await writing.moreRounds();
  await inSync(2);
  const [back] = await handedOver('--to', over[1].FROM);
  expect(back).toMatchObject({ SHARD: '1', TO: over[1].FROM });
  await writing.moreRounds();
  expect(await writing.stop()).toEqual([]);
});

it('meridian status shows epoch, primary, incarnation, lag and copies in sync of every shard', { timeout: 120_000 }, async () => {
  await inSync(2);
  for (const row of await shardsOf()) expect(row).toMatchObject({ EPOCH: expect.stringMatching(/^\d+$/), PRIMARY: expect.stringMatching(/^pair-us-s\d-\d$/), INCARNATION: expect.stringMatching(/^[0-9a-f]{8}$/), LAG: expect.stringMatching(/^\d+ ms$/) });
});

it('a Lease edited to nonsense is written anew while clients go on, and the shard can still be handed over', { timeout: 180_000 }, async () => {
  await inSync(2);
  const url = `${local.statusUrl}/apis/coordination.k8s.io/v1/namespaces/default/leases/pair-us-s0`;
  const lease = async (): Promise<{ metadata: { annotations: Record<string, string> }; spec: { leaseTransitions: number; holderIdentity: string } }> => (await fetch(url)).json() as never;
  const writing = keepWriting();
  await writing.moreRounds();
  const stored = await lease();
  const edited = { ...stored, metadata: { ...stored.metadata, annotations: { ...stored.metadata.annotations, 'meridiancache.io/config': 'by hand' } } };
  expect((await fetch(url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(edited) })).status).toBe(200);
  await expect.poll(async () => (await lease()).spec.leaseTransitions, { timeout: 60_000 }).toBeGreaterThan(1_000);
  expect((await lease()).spec.holderIdentity).toMatch(/^pair-us-s0-\d$/);
  await writing.moreRounds();
  await inSync(2);
  expect((await handedOver('--shard', '0')).map((row) => row.SHARD)).toEqual(['0']);
  await writing.moreRounds();
  expect(await writing.stop()).toEqual([]);
});

it('says why a shard cannot be handed over', { timeout: 120_000 }, async () => {
  const lone = await meridian('switchover', 'lone');
  // One shard only, so nothing is said of several.
  expect(lone.stderr).toBe('');
  expect(lone.code).toBe(1);
  expect(lone.stdout).toContain('there is one copy only: raise spec.replicas');
  expect(await meridian('switchover', 'pair', '--region', 'mars')).toMatchObject({ code: 2, stderr: expect.stringContaining('pair has no region "mars"; it has us') });
  expect(await meridian('switchover', 'pair', '--to', 'lone-us-s0-0')).toMatchObject({ code: 2, stderr: expect.stringContaining('pod of CacheCluster pair "default/lone-us-s0-0" not found') });
  expect(await meridian('switchover', 'pair', '--shard', '7')).toMatchObject({ code: 2, stderr: expect.stringContaining('pair has no shard 7') });
  expect(await meridian('switchover')).toMatchObject({ code: 2, stderr: expect.stringContaining('takes the name of one cluster') });
});
