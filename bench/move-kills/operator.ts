import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { decideResharding } from '../../operator/resharding/decide.ts';
import { parseTargets } from '../../operator/resharding/wish.ts';
import { adminClient } from '../../shared/admin/client.ts';
import { parseBusKey } from '../../shared/bus/identity.ts';
import type { OwnershipMap } from '../../shared/kube/documents.ts';

/**
 * What the operator does for moves, in a process that can be killed: it compares map, targets and the wish (a number of shards, one a line on standard input), writes the targets that its
 * planner decides on, and tells the primaries that have not read them. It remembers nothing.
 */
export interface OperatorTask {
  readonly kubeUrl: string;
  readonly mapPath: string;
  readonly targetsPath: string;
  readonly clusterUid: string;
  readonly busKey: string;
  readonly nodes: readonly { readonly pod: string; readonly port: number }[];
  readonly shards: number;
}

interface StoredObject {
  readonly data: Readonly<Record<string, string>>;
}

const lookMs = 50;
const task = JSON.parse(process.argv[2]) as OperatorTask;
let { shards } = task;
createInterface({ input: process.stdin }).on('line', (line) => (shards = Number(line)));

const admins = task.nodes.map(({ pod, port }) => adminClient({ host: '127.0.0.1', port, clusterUid: task.clusterUid, keys: [parseBusKey(task.busKey) as Uint8Array], pod }));
const read = async (path: string): Promise<StoredObject> => (await (await fetch(task.kubeUrl + path)).json()) as StoredObject;
const loads = { memoryBytes: Infinity, bytesOf: () => 0 };

async function reconcile(): Promise<void> {
  const [map, object] = await Promise.all([read(task.mapPath), read(task.targetsPath)]);
  const targets = parseTargets(object.data['targets.json']);
  const statuses = await Promise.all(admins.map((admin) => admin.status().catch(() => undefined)));
  const seenGeneration = Math.max(0, ...statuses.map((status) => status?.targetsGeneration ?? 0));
  const region = { name: 'eu', map: JSON.parse(map.data['map.json']) as OwnershipMap, targets, seenGeneration };
  const [{ next, now }] = decideResharding({ wish: { shards }, regions: [region], approval: 'auto', loads }).regions;
  const wanted = next ?? now;
  if (JSON.stringify(wanted) !== JSON.stringify(targets)) await fetch(task.kubeUrl + task.targetsPath, { method: 'PUT', body: JSON.stringify({ ...object, data: { 'targets.json': JSON.stringify(wanted) } }) });
  const behind = admins.filter((_, i) => statuses[i]?.role === 'primary' && (statuses[i].targetsGeneration ?? 0) < wanted.generation);
  await Promise.all(behind.map((admin) => admin.targetsChanged().catch(() => undefined)));
}

for (;;) {
  // The API server or a node is away: the next look finds it again.
  await reconcile().catch(() => undefined);
  await sleep(lookMs);
}
