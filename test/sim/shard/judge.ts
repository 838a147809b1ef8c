import { epochOfSeq } from '../../../node/replication/positions.ts';
import type { History, Operation } from '../check/history.ts';
import { checkLinearizability } from '../check/linearizability.ts';
import type { Observations } from './clients.ts';
import type { Cluster } from './cluster.ts';
import type { Profile } from './faults.ts';

/** Shard time may run this much fast or slow against true time: slewing and drift. */
const timeSlack = 1.12;
const hidingSlackMs = 4_000;

/** Deletes that nobody asked for and that may be: evictions (P15), expiries, and a shard that began again with nothing (B1). */
function allowedLosses(cluster: Cluster, history: History, seen: Observations): Operation[] {
  const lost = (key: string, callMs: number): Operation => ({ id: -1, client: -1, key, kind: 'delete', callMs, outcome: 'unknown' });
  const keys = new Set(history.operations.map((one) => one.key));
  return [
    ...cluster.evictions.map(({ key, atMs }) => lost(key, atMs)),
    ...seen.mortal.map(({ operation, ttlMs }) => lost(operation.key, operation.callMs + ttlMs / timeSlack)),
    ...cluster.emptied.slice(1).flatMap((atMs) => [...keys].map((key) => lost(key, atMs))),
  ];
}

/** All that must hold of a run after everything healed. */
export function judge(cluster: Cluster, profile: Profile, history: History, seen: Observations, faultEndMs: number): void {
  const { broken, lease, members } = cluster;
  const linear = checkLinearizability([...history.operations, ...allowedLosses(cluster, history, seen)]);
  if (!linear.ok) broken(`not linearizable: key ${linear.key}`);

  for (const { operation, values } of seen.pairs) if (values[0] !== values[1]) broken(`half an EXEC was seen: ${values.join(' and ')} (operation ${operation.id})`);

  const byReader = new Map<string, number>();
  for (const { operation, by, at } of seen.shown) {
    if (operation.stale !== true || cluster.emptied.length > 1) continue;
    const reader = `${by} ${operation.key}`;
    if (at.seq < (byReader.get(reader) ?? 0)) broken(`an older value after a newer one: key ${operation.key} by ${by}`);
    byReader.set(reader, at.seq);
  }

  const byKey = new Map(seen.mortal.map((one) => [one.operation.key, one]));
  for (const one of history.operations) {
    const mortal = byKey.get(one.key);
    if (mortal?.operation.returnMs === undefined || one.kind !== 'read' || one.outcome !== 'ok' || one.value === undefined) continue;
    if (one.callMs > mortal.operation.returnMs + mortal.ttlMs * timeSlack + hidingSlackMs) broken(`an expired value was shown: key ${one.key}`);
  }

  const serving = cluster.alive().filter((node) => node.member.state.serving);
  if (serving.length !== 1) broken(`${serving.length} primaries serve after everything healed`);
  if (lease.current().isr.length !== members.length) broken(`the in-sync set did not become whole again: ${lease.current().isr.join(',')}`);
  const contents = cluster.alive().map((node) => node.contents().join(' '));
  if (new Set(contents).size > 1) broken(`copies differ after everything healed: ${contents.join(' | ')}`);
  if (!history.operations.some((one) => one.callMs > faultEndMs && one.outcome === 'ok')) broken('no operation succeeded after everything healed');

  // P7: nothing was ever shown that the log does not hold in the end.
  const state = serving[0]?.member.state;
  if (state !== undefined && cluster.emptied.length <= 1) {
    for (const { operation, at } of seen.shown) {
      const epoch = epochOfSeq(state.lineage, state.last, at.seq);
      if (epoch !== undefined && epoch !== at.epoch) broken(`what was shown at ${at.epoch}:${at.seq} is not in the log: key ${operation.key} operation ${operation.id}`);
    }
  }

  if (profile.everyAnswer === true && seen.lost > 0) broken(`${seen.lost} operations were left without an answer`);
  if (profile.progressWithinMs !== undefined) {
    let lastMs = 2_500;
    for (const atMs of seen.writeReturnsMs) {
      if (atMs > lastMs && atMs - lastMs > profile.progressWithinMs) broken(`no write for ${Math.round(atMs - lastMs)} ms before ${Math.round(atMs)}`);
      lastMs = Math.max(lastMs, atMs);
      if (lastMs > faultEndMs) break;
    }
  }
}
